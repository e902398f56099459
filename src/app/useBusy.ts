import * as React from 'react';

import { CommandIDs } from './commands';
import { useServices } from './context';
import type { CommandID } from './host';

/** What a button does; where it answers later, it is under way until then. */
export type Work = () => void | Promise<unknown>;

/** Who is asked: the backend's provider, or only the server or kernel. */
export type Asked = 'provider' | 'nearby';

/** Does something, and says whom it waits for where that takes long. */
export type Run = (work: Work, asked?: Asked) => void;

/** Commands that ask no provider. */
const NEARBY: ReadonlySet<CommandID> = new Set([
  CommandIDs.cancelUpload,
  CommandIDs.forgetArtifact,
  CommandIDs.forgetUpload,
  CommandIDs.refresh,
  CommandIDs.retryUpload
]);

/** Whom a command asks. */
export function askedBy(command: CommandID): Asked {
  return NEARBY.has(command) ? 'nearby' : 'provider';
}

/** Have work done, each for itself. */
export function useRun(): Run {
  const begin = useBegin();
  return React.useCallback<Run>(
    (work, asked) => void begin(work, asked),
    [begin]
  );
}

/** Have work done, nothing else meanwhile; and whether there is some. */
export function useBusy(): readonly [isBusy: boolean, run: Run] {
  const begin = useBegin();
  const [isBusy, setBusy] = React.useState(false);
  const going = React.useRef(false);
  const run = React.useCallback<Run>(
    (work, asked) => {
      if (going.current) {
        return;
      }
      const end = begin(work, asked);
      if (end) {
        going.current = true;
        setBusy(true);
        void end.finally(() => {
          going.current = false;
          setBusy(false);
        });
      }
    },
    [begin]
  );
  return [isBusy, run];
}

/** What tells that a button is busy, to eye and ear; it keeps the focus. */
export function busyProps(isBusy: boolean): {
  'aria-busy'?: true;
  'aria-disabled'?: true;
} {
  return isBusy ? { 'aria-busy': true, 'aria-disabled': true } : {};
}

/** Begin with work; the end of it, where that is not now. */
function useBegin(): (work: Work, asked?: Asked) => Promise<unknown> | null {
  const { host, model, trans } = useServices();
  return React.useCallback(
    (work, asked = 'provider') => {
      const end = work();
      if (!(end instanceof Promise)) {
        return null;
      }
      const words =
        asked === 'provider'
          ? trans.__('Asking the provider…')
          : host.line === 'server'
            ? trans.__('Asking Jupyter…')
            : trans.__('Asking the kernel…');
      model.notices.follow(end, () => (host.isAsking?.() ? null : words));
      return end;
    },
    [host, model, trans]
  );
}
