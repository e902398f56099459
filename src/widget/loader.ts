/**
 * What a notebook keeps of the widget: it asks the kernel for the application, once for a page.
 *
 * Imports nothing, for it is saved with each notebook that keeps widget state.
 */

/** SHA-256 of the application's script; the build puts it here. */
declare const APPLICATION: string;

/** A custom message came, or the line to the kernel has ended (ipywidgets' own word for it). */
type EventName = 'msg:custom' | 'comm_live_update';

interface IModel {
  send(content: object): void;
  on(event: EventName, callback: (message: unknown) => void): void;
  off(event: EventName, callback: (message: unknown) => void): void;
  /** One for all widgets of a kernel. */
  readonly widget_manager?: unknown;
}

interface IApplication {
  readonly style: string;
  readonly make: () => {
    initialize: (props: { model: IModel }) => () => void;
    render: (props: { el: HTMLElement }) => () => void;
  };
}

type Made = ReturnType<IApplication['make']>;

/** What the kernel answers; its catalogue is of the page's language, where it has that. */
interface IAnswer {
  readonly script: string;
  readonly style: string;
  readonly catalogue?: object | null;
}

/** Before the kernel has answered; it may be busy, or there may be none. */
export const WAITING =
  'Drop files here to stage them for openEO jobs. Waiting for the kernel: if nothing happens, run this cell again.';

/** Where the browser does not run what came, as by a host's Content-Security-Policy. */
export const REFUSED =
  'This page does not let the openEO artifact uploader run. Use %artifact_upload or the openEO artifacts panel instead.';

/** Where the line has ended. */
export const GONE =
  'The kernel was restarted or shut down. Run this cell again.';

/** Milliseconds after which the wait is said. */
const QUIET = 1_000;

/** Milliseconds after which a widget asks for itself, though another one has asked. */
const LATE = 10_000;

/** What all widgets of this page share: each is a module of its own. */
interface IPage {
  /** By their digests. */
  readonly applications: Map<string, IApplication>;
  /** By kernel: settles when what was asked has come, or will not. */
  readonly asked: Map<unknown, Promise<void>>;
}

const page = globalThis as { __openEOArtifacts?: IPage };
const { applications, asked } = (page.__openEOArtifacts ??= {
  applications: new Map(),
  asked: new Map()
});

/** The widget, as anywidget loads it (https://anywidget.dev/en/afm/). */
export default function widget(): {
  initialize: (props: { model: IModel }) => () => void;
  render: (props: { el: HTMLElement }) => () => void;
} {
  let made: Promise<{ application: IApplication; widget: Made }>;
  let leave: (() => void) | undefined;
  const closed = new AbortController();
  return {
    // Not awaited: a busy kernel must not keep the page from drawing.
    initialize: ({ model }) => {
      made = load(model, closed.signal).then(application => {
        const widget = application.make();
        if (!closed.signal.aborted) {
          leave = widget.initialize({ model });
        }
        return { application, widget };
      });
      made.catch(() => undefined); // said where it is drawn
      return () => {
        closed.abort();
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
        ({ message }: Error) => {
          clearTimeout(timer);
          text.textContent = message;
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

/** Return the application: the page's own, else the kernel's, which one widget asks for all. */
async function load(model: IModel, closed: AbortSignal): Promise<IApplication> {
  const kernel = model.widget_manager;
  const late = new Promise<boolean>(resolve =>
    setTimeout(() => resolve(true), LATE)
  );
  while (!applications.has(APPLICATION) && asked.has(kernel)) {
    if (await Promise.race([asked.get(kernel), late])) {
      break;
    }
  }
  const there = applications.get(APPLICATION);
  if (there) {
    return there;
  }
  const answer = ask(model, closed);
  const over = answer
    .catch(() => undefined)
    .then(() => void (asked.get(kernel) === over && asked.delete(kernel)));
  asked.set(kernel, over);
  return answer;
}

/** Ask the kernel; what goes wrong is an error with what to say of it. */
function ask(model: IModel, closed: AbortSignal): Promise<IApplication> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      model.off('msg:custom', hear);
      model.off('comm_live_update', end);
      reject(new Error(GONE));
    };
    const hear = (message: unknown): void => {
      const { id, result } = (message ?? {}) as {
        id?: unknown;
        result?: IAnswer;
      };
      if (id === APPLICATION && result) {
        resolve(evaluate(result));
        end();
      }
    };
    model.on('msg:custom', hear);
    model.on('comm_live_update', end);
    closed.addEventListener('abort', end);
    if (closed.aborted) {
      end();
      return;
    }
    try {
      model.send({
        jsonrpc: '2.0',
        id: APPLICATION,
        method: 'getApplication',
        params: { language: document.documentElement.lang }
      });
    } catch {
      end();
    }
  });
}

async function evaluate({
  script,
  style,
  catalogue
}: IAnswer): Promise<IApplication> {
  let url = '';
  try {
    url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
    const { default: make } = (await import(/* webpackIgnore: true */ url)) as {
      default: (catalogue?: object | null) => Made;
    };
    const application = { style, make: () => make(catalogue) };
    applications.set(APPLICATION, application);
    return application;
  } catch {
    throw new Error(REFUSED);
  } finally {
    if (url) {
      URL.revokeObjectURL(url);
    }
  }
}
