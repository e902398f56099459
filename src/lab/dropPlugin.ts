import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { followSetting } from './closedSettings';
import { DropStrip } from './dropStrip';
import { FileDrag } from './fileDrag';
import { IconDrop } from './iconDrop';
import { IArtifactsPanel } from './panelToken';
import { DOMAIN, IOpenEOArtifacts, PANEL_ID } from './tokens';

/** Where files go in while the panel is closed: its icon, and a strip. */
export const dropPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-openeo-artifacts:drop',
  description:
    'Takes dragged files while the openEO artifacts panel is closed.',
  autoStart: true,
  requires: [IOpenEOArtifacts, IArtifactsPanel],
  optional: [ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    artifacts: IOpenEOArtifacts,
    shown: IArtifactsPanel | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ): void => {
    if (!shown) {
      return;
    }
    const { intake } = artifacts;
    const { panel, show } = shown;
    const actions = {
      show,
      take: intake.takeDropped.bind(intake),
      takePaths: intake.takePaths.bind(intake)
    };
    const isWanted = followSetting(registry, 'dropStrip');
    // All of it belongs to the application, and lives as long.
    new IconDrop(PANEL_ID, actions);
    const strip = new DropStrip({
      drag: new FileDrag(),
      actions,
      wanted: () => isWanted() && !panel.isVisible,
      trans: (translator ?? nullTranslator).load(DOMAIN)
    });
    panel.sighted.connect(strip.update, strip);
  }
};
