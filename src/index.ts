import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { commandsPlugin } from './lab/commands';
import { contextMenuPlugin } from './lab/contextmenu';
import { modelPlugin } from './lab/modelPlugin';
import { panelPlugin } from './lab/panelPlugin';
import { settingsPlugin } from './lab/settings';
import { dropPlugin } from './lab/dropPlugin';
import { notificationsPlugin } from './lab/notificationsPlugin';
import { statusPlugin } from './lab/statusPlugin';
import { unloadGuardPlugin } from './lab/unloadguard';
import { widgetBridgePlugin } from './lab/widgetbridge';
import type { IArtifactsPanel } from './lab/panelToken';
import type { IOpenEOArtifacts } from './lab/tokens';

const plugins: [
  JupyterFrontEndPlugin<IOpenEOArtifacts>,
  JupyterFrontEndPlugin<IArtifactsPanel | null>,
  ...JupyterFrontEndPlugin<void>[]
] = [
  modelPlugin,
  panelPlugin,
  settingsPlugin,
  commandsPlugin,
  contextMenuPlugin,
  dropPlugin,
  statusPlugin,
  notificationsPlugin,
  unloadGuardPlugin,
  widgetBridgePlugin
];

export default plugins;
export { IOpenEOArtifacts } from './lab/tokens';
