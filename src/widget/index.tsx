import '../../style/base.css';

import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { FocusKeeper } from '../app/focus';
import {
  type Catalogue,
  type ITranslator,
  translatorOf
} from '../text/translator';
import { Uploader } from '../app/Uploader';
import { CopyField } from './copyField';
import { WidgetHost } from './host';
import { type IWidgetModel, Store } from './store';

/**
 * The widget, as anywidget loads it (https://anywidget.dev/en/afm/): made once for each model, so
 * that all its views share one store. The loader hands over the kernel's catalogue.
 */
export default function widget(catalogue: Catalogue | null = null): {
  initialize: (props: { model: IWidgetModel }) => () => void;
  render: (props: { el: HTMLElement }) => () => void;
} {
  const trans = translatorOf(catalogue ?? {});
  let store: Store | null = null;
  return {
    initialize: ({ model }) => {
      const made = new Store(model);
      store = made;
      return () => made.dispose();
    },
    render: ({ el }) => (store ? show(store, el, trans) : () => undefined)
  };
}

/** Show the application in an element; returns what takes it away. */
function show(store: Store, el: HTMLElement, trans: ITranslator): () => void {
  const node = document.createElement('div');
  const host = new WidgetHost(store.model, node, trans);
  node.className = 'jp-OpenEOArtifacts jp-mod-widget';
  node.setAttribute('role', 'group');
  node.setAttribute('aria-label', trans.__('openEO artifact uploader'));
  node.tabIndex = -1;
  // JupyterLab's shortcuts (Enter edits the cell, D D deletes it) leave keys in here alone.
  node.setAttribute('data-lm-suppress-shortcuts', 'true');
  el.append(node);
  const root = createRoot(node);
  root.render(
    <Uploader model={store.model} host={host}>
      <CopyField offered={host.offered} />
    </Uploader>
  );
  const focusKeeper = new FocusKeeper(node);
  const leave = store.enter();
  return () => {
    leave();
    focusKeeper.dispose();
    root.unmount();
    node.remove();
  };
}
