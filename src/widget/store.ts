import { ArtifactsModel } from '../model';
import { type ICarrier, KernelTransport } from '../transport/kernel';
import { KernelSession } from './kernelSession';
import { offerParts } from './parts';

/** How often the kernel is told that somebody looks; it stops watching after a minute without (ms). */
const BEAT = 30_000;

/** The part of anywidget's model that is used (https://anywidget.dev/en/afm/). */
export interface IWidgetModel {
  send(
    content: object,
    callbacks?: undefined,
    buffers?: readonly ArrayBuffer[]
  ): void;
  on(event: WidgetEvent, callback: (message: unknown) => void): void;
  off(event: WidgetEvent, callback: (message: unknown) => void): void;
}

/** A custom message came, or ipywidgets has given up the comm, as after a restart of the kernel. */
export type WidgetEvent = 'msg:custom' | 'comm_live_update';

/**
 * What the widget knows, shared by all its views in the page. It lives as long as the widget's model,
 * so that files go on while a view is scrolled away or closed.
 */
export class Store {
  constructor(model: IWidgetModel) {
    const transport = new KernelTransport(carrierOf(model));
    this.model = new ArtifactsModel({
      transport,
      session: () => new KernelSession(transport)
    });
    this._leave = offerParts(name => transport.getPart(name));
    transport.ended.connect(() => void this.model.refresh());
    this._beat = setInterval(() => {
      if (this._views > 0 && !document.hidden) {
        void this.model.read(new Set(['connections']));
      }
    }, BEAT);
  }

  readonly model: ArtifactsModel;

  /** A view came; returns what is called when it goes. */
  enter(): () => void {
    this._views += 1;
    this.model.visible = true;
    return () => {
      this._views -= 1;
      this.model.visible = this._views > 0;
    };
  }

  dispose(): void {
    clearInterval(this._beat);
    this._leave();
    this.model.dispose();
  }

  private readonly _leave: () => void;
  private readonly _beat: ReturnType<typeof setInterval>;
  private _views = 0;
}

/** Messages by a widget's own comm. */
function carrierOf(model: IWidgetModel): ICarrier {
  return {
    send: (message, buffers) => model.send(message, undefined, buffers),
    listen: (hear, end) => {
      const onMessage = (message: unknown): void => hear(message);
      const onEnd = (): void => end?.();
      model.on('msg:custom', onMessage);
      model.on('comm_live_update', onEnd);
      return () => {
        model.off('msg:custom', onMessage);
        model.off('comm_live_update', onEnd);
      };
    }
  };
}
