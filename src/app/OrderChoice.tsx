import * as React from 'react';

import { useServices } from './context';
import { ORDERS, type Order } from './filter';

export interface IOrderProps {
  order: Order;
  onOrder: (order: Order) => void;
}

/** By what the list is sorted. */
export function OrderChoice({ order, onOrder }: IOrderProps): JSX.Element {
  const { trans } = useServices();
  const orders: Readonly<Record<Order, string>> = {
    time: trans.__('Newest'),
    name: trans.__('Name'),
    size: trans.__('Size'),
    kind: trans.__('Kind')
  };
  return (
    <select
      className="jp-OpenEOArtifacts-order"
      aria-label={trans.__('Sort by')}
      title={trans.__('Sort by')}
      value={order}
      onChange={event => onOrder(event.currentTarget.value as Order)}
    >
      {ORDERS.map(each => (
        <option key={each} value={each}>
          {orders[each]}
        </option>
      ))}
    </select>
  );
}
