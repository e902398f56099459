import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { Intake } from '../files';
import type { Inserter } from '../insert';
import type { ArtifactsModel, ISnapshot } from '../model';

/** What every component of the panel may use. */
export interface IPanelServices {
  readonly model: ArtifactsModel;
  readonly inserter: Inserter;
  readonly intake: Intake;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

export const PanelServices = React.createContext<IPanelServices | null>(null);

export function usePanel(): IPanelServices {
  const services = React.useContext(PanelServices);
  if (!services) {
    throw new Error('A component of the panel is used outside of it');
  }
  return services;
}

/** The model's snapshot; the component is drawn again whenever it is replaced. */
export function useSnapshot(): ISnapshot {
  return useSlice(snapshot => snapshot);
}

/** A part of the model's snapshot; the component is drawn again when that part is another one. */
export function useSlice<T>(slice: (snapshot: ISnapshot) => T): T {
  const { model } = usePanel();
  const subscribe = React.useCallback(
    (onChange: () => void) => {
      model.changed.connect(onChange);
      return () => {
        model.changed.disconnect(onChange);
      };
    },
    [model]
  );
  return React.useSyncExternalStore(subscribe, () => slice(model.snapshot));
}

/** The time, renewed every `interval` ms while the component is there; null: it stands still. */
export function useNow(interval: number | null): Date {
  const [now, setNow] = React.useState(() => new Date());
  React.useEffect(() => {
    if (interval === null) {
      return undefined;
    }
    setNow(new Date());
    const timer = window.setInterval(() => setNow(new Date()), interval);
    return () => window.clearInterval(timer);
  }, [interval]);
  return now;
}
