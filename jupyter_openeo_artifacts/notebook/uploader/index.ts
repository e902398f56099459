import './uploader.css';
import { Desk } from './desk';
import type { IModel } from './protocol';
import { View } from './view';

/**
 * The widget, as anywidget loads it (https://anywidget.dev/en/afm/): made once for each model, so
 * that all its views share one desk.
 */
export default function widget(): {
  initialize: (props: { model: IModel }) => () => void;
  render: (props: { el: HTMLElement }) => () => void;
} {
  let desk: Desk | null = null;
  return {
    initialize: ({ model }) => {
      const made = new Desk(model);
      desk = made;
      return () => made.dispose();
    },
    render: ({ el }) => {
      const view = desk && new View(desk, el);
      return () => view?.dispose();
    }
  };
}
