import './uploader.css';
import { Store } from './store';
import type { IModel } from './protocol';
import { View } from './view';

/**
 * The widget, as anywidget loads it (https://anywidget.dev/en/afm/): made once for each model, so
 * that all its views share one store.
 */
export default function widget(): {
  initialize: (props: { model: IModel }) => () => void;
  render: (props: { el: HTMLElement }) => () => void;
} {
  let store: Store | null = null;
  return {
    initialize: ({ model }) => {
      const made = new Store(model);
      store = made;
      return () => made.dispose();
    },
    render: ({ el }) => {
      const view = store && new View(store, el);
      return () => view?.dispose();
    }
  };
}
