import { Lab } from '../servers/lab';

export type ThemeName = 'JupyterLab Light' | 'JupyterLab Dark';

/** The colours of JupyterLab, as its settings keep them. */
export class Theme {
  constructor(private readonly _lab: Lab) {}

  /** Choose a theme; a page that is opened after this has it. */
  async set(theme: ThemeName): Promise<void> {
    await this._lab.api(
      'PUT',
      'lab/api/settings/@jupyterlab/apputils-extension:themes',
      { raw: JSON.stringify({ theme }) }
    );
  }
}
