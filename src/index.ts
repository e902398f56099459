import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { commandsPlugin } from './lab/commands';
import { contextMenuPlugin } from './lab/contextmenu';
import { modelPlugin } from './lab/modelPlugin';
import { panelPlugin } from './lab/panelPlugin';
import { settingsPlugin } from './lab/settings';
import { unloadGuardPlugin } from './lab/unloadguard';
import { widgetBridgePlugin } from './lab/widgetbridge';
import type { IOpenEOArtifacts } from './lab/tokens';

const plugins: [
  JupyterFrontEndPlugin<IOpenEOArtifacts>,
  ...JupyterFrontEndPlugin<void>[]
] = [
  modelPlugin,
  settingsPlugin,
  commandsPlugin,
  panelPlugin,
  contextMenuPlugin,
  unloadGuardPlugin,
  widgetBridgePlugin
];

export default plugins;
export { IOpenEOArtifacts } from './lab/tokens';
