import * as React from 'react';

import type { ArtifactsModel, ISnapshot, SessionModel } from '../model';
import type { IHost } from './host';
import type { ITranslator } from '../text/translator';
import type { UseRows } from './window';

/** What every component may use. */
export interface IServices {
  readonly model: ArtifactsModel;
  readonly host: IHost;
  /** What of a long list is drawn; absent: all of it. */
  readonly useRows?: UseRows;
}

export const Services = React.createContext<IServices | null>(null);

/** The session of a panel, where people sign in. */
export const PanelSession = React.createContext<SessionModel | null>(null);

export function useServices(): IServices & { readonly trans: ITranslator } {
  const services = React.useContext(Services);
  if (!services) {
    throw new Error('A component is used outside of the application');
  }
  return { ...services, trans: services.host.trans };
}

/** The session that people sign in to; only in a panel. */
export function useSession(): SessionModel {
  const session = React.useContext(PanelSession);
  if (!session) {
    throw new Error('A component of the panel is used outside of it');
  }
  return session;
}

/** The model's snapshot; the component is drawn again whenever it is replaced. */
export function useSnapshot(): ISnapshot {
  return useSlice(snapshot => snapshot);
}

/** A part of the model's snapshot; the component is drawn again when that part is another one. */
export function useSlice<T>(slice: (snapshot: ISnapshot) => T): T {
  const { model } = useServices();
  const subscribe = React.useCallback(
    (onChange: () => void) => {
      model.changed.connect(onChange);
      return () => {
        model.changed.disconnect(onChange);
      };
    },
    [model]
  );
  return React.useSyncExternalStore(subscribe, () => slice(model.snapshot));
}

/** The time, renewed every `interval` ms while the component is there; null: it stands still. */
export function useNow(interval: number | null): Date {
  const [now, setNow] = React.useState(() => new Date());
  React.useEffect(() => {
    if (interval === null) {
      return undefined;
    }
    setNow(new Date());
    const timer = window.setInterval(() => setNow(new Date()), interval);
    return () => window.clearInterval(timer);
  }, [interval]);
  return now;
}
