import {
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import { act, screen } from '@testing-library/react';

import {
  BACKEND,
  type FakeServer,
  connection,
  status
} from '../../__tests__/fakeServer';
import { CommandIDs } from '../../app';
import { Intake } from '../../files';
import { Inserter, InsertionPoint } from '../../insert';
import { type PanelModel, StoredObjects, makePanelModel } from '../../model';
import type { Connection, ITransport } from '../../transport';
import { dialogs } from '../dialogs';
import { ArtifactsPanel } from '../panel';

export const trans = nullTranslator.load('test');

/** Let what was gathered for the next frame be drawn, while frames still come by themselves. */
export async function nextFrame(): Promise<void> {
  await act(
    () => new Promise<void>(done => requestAnimationFrame(() => done()))
  );
}

/** Have a server answer as to somebody who is signed in. */
export function signIn(
  server: FakeServer,
  told: Partial<Connection> = {}
): void {
  server.routes['GET connections'] = { connections: [connection(told)] };
  server.routes['GET status'] = status({ last_backend: BACKEND });
}

/** A panel in the page, with commands that only note that they were run. */
export class ShownPanel {
  private constructor(transport: ITransport, trans: TranslationBundle) {
    const commands = new CommandRegistry();
    for (const id of Object.values(CommandIDs)) {
      commands.addCommand(id, {
        label: id,
        describedBy: { args: null },
        execute: args => {
          this.executed.push([id, args]);
          return this.answer;
        }
      });
    }
    this.model = makePanelModel(transport);
    this.inserter = new Inserter(
      this.model,
      new InsertionPoint(null),
      dialogs,
      trans
    );
    this.intake = new Intake(this.model, this.inserter, {} as never, trans);
    this.stored = new StoredObjects(this.model.client, () => '');
    this.panel = new ArtifactsPanel({ ...this, commands, trans });
  }

  /** Show one, as its owner would see it after the first answer. */
  static async of(
    transport: ITransport,
    words: TranslationBundle = trans
  ): Promise<ShownPanel> {
    const shown = new ShownPanel(transport, words);
    await act(async () => {
      Widget.attach(shown.panel, document.body);
      await shown.model.refresh();
    });
    // What changes within a frame is drawn at its end, and shuts the next one's gate.
    await nextFrame();
    await nextFrame();
    const name = words.__('openEO artifacts');
    await screen.findByRole('region', { name });
    return shown;
  }

  readonly executed: [string, unknown][] = [];
  /** What the commands wait for. */
  answer: Promise<void> | null = null;
  readonly model: PanelModel;
  readonly inserter: Inserter;
  readonly intake: Intake;
  readonly stored: StoredObjects;
  readonly panel: ArtifactsPanel;

  get region(): HTMLElement {
    return this.panel.node;
  }

  dispose(): void {
    act(() => this.panel.dispose());
    this.model.dispose();
    document.querySelectorAll('.jp-Dialog').forEach(node => node.remove());
  }
}
