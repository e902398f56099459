import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { commandsPlugin } from './plugins/commands';
import { contextMenuPlugin } from './plugins/contextmenu';
import { modelPlugin } from './plugins/model';
import { panelPlugin } from './plugins/panel';
import { settingsPlugin } from './plugins/settings';
import { unloadGuardPlugin } from './plugins/unloadguard';
import { widgetBridgePlugin } from './plugins/widgetbridge';
import type { IOpenEOArtifacts } from './tokens';

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
export { IOpenEOArtifacts } from './tokens';
