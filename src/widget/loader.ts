/**
 * What a notebook keeps of the widget: it asks the kernel for the application, once for a page.
 *
 * Imports nothing, for it is saved with each notebook that keeps widget state.
 */

/** SHA-256 of the application's script; the build puts it here. */
declare const APPLICATION: string;

interface IModel {
  send(content: object): void;
  on(event: 'msg:custom', callback: (message: unknown) => void): void;
  off(event: 'msg:custom', callback: (message: unknown) => void): void;
}

interface IApplication {
  readonly style: string;
  readonly make: () => {
    initialize: (props: { model: IModel }) => () => void;
    render: (props: { el: HTMLElement }) => () => void;
  };
}

type Made = ReturnType<IApplication['make']>;

/** Before the kernel has answered; it may be busy, or there may be none. */
export const WAITING =
  'Drop files here to stage them for openEO jobs. Waiting for the kernel: if nothing happens, run this cell again.';

/** Where the browser does not run what came, as by a host's Content-Security-Policy. */
export const REFUSED =
  'This page does not let the openEO artifact uploader run. Use %artifact_upload or the openEO artifacts panel instead.';

/** Milliseconds after which the wait is said. */
const QUIET = 1_000;

/** The applications of this page, by their digests: one for all widgets. */
const page = globalThis as { __openEOArtifacts?: Map<string, IApplication> };
const applications = (page.__openEOArtifacts ??= new Map());

/** The widget, as anywidget loads it (https://anywidget.dev/en/afm/). */
export default function widget(): {
  initialize: (props: { model: IModel }) => () => void;
  render: (props: { el: HTMLElement }) => () => void;
} {
  let made: Promise<{ application: IApplication; widget: Made }>;
  let leave: (() => void) | undefined;
  let gone = false;
  return {
    // Not awaited: a busy kernel must not keep the page from drawing.
    initialize: ({ model }) => {
      made = load(model).then(application => {
        const widget = application.make();
        if (!gone) {
          leave = widget.initialize({ model });
        }
        return { application, widget };
      });
      return () => {
        gone = true;
        leave?.();
      };
    },
    render: ({ el }) => {
      const text = document.createElement('p');
      const timer = setTimeout(() => (text.textContent = WAITING), QUIET);
      let undo: (() => void) | undefined;
      let away = false;
      el.append(text);
      made.then(
        ({ application, widget }) => {
          clearTimeout(timer);
          text.remove();
          if (!away) {
            const style = document.createElement('style');
            style.textContent = application.style;
            el.append(style);
            const hide = widget.render({ el });
            undo = () => {
              hide();
              style.remove();
            };
          }
        },
        () => {
          clearTimeout(timer);
          text.textContent = REFUSED;
        }
      );
      return () => {
        away = true;
        clearTimeout(timer);
        text.remove();
        undo?.();
      };
    }
  };
}

/** Return the application: the page's own, else the kernel's. */
function load(model: IModel): Promise<IApplication> {
  const there = applications.get(APPLICATION);
  if (there) {
    return Promise.resolve(there);
  }
  return new Promise(resolve => {
    const hear = (message: unknown): void => {
      const { id, result } = (message ?? {}) as {
        id?: unknown;
        result?: { script: string; style: string };
      };
      if (id === APPLICATION && result) {
        model.off('msg:custom', hear);
        resolve(evaluate(result.script, result.style));
      }
    };
    model.on('msg:custom', hear);
    model.send({
      jsonrpc: '2.0',
      id: APPLICATION,
      method: 'getApplication',
      params: {}
    });
  });
}

async function evaluate(script: string, style: string): Promise<IApplication> {
  const url = URL.createObjectURL(
    new Blob([script], { type: 'text/javascript' })
  );
  try {
    const { default: make } = (await import(/* webpackIgnore: true */ url)) as {
      default: IApplication['make'];
    };
    const application = { style, make };
    applications.set(APPLICATION, application);
    return application;
  } finally {
    URL.revokeObjectURL(url);
  }
}
