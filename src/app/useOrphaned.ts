import * as React from 'react';

import type { Sending } from '../model';
import type { Upload } from '../transport';
import { useServices } from './context';

/** How long a receiving upload may stand still before its file is asked for again (ms). */
const STILL = 10_000;

/**
 * Whether nobody sends a receiving upload's bytes: no page of this browser, and nothing arrives
 * otherwise. Null while that is not known.
 */
export function useOrphaned(
  upload: Upload,
  sending: Sending | undefined
): boolean | null {
  const { host, model } = useServices();
  const { bytes_received: received, id, origin, state } = upload;
  const watched =
    state === 'receiving' &&
    origin === (host.line === 'server' ? 'browser' : 'widget') &&
    (sending === undefined || sending.state === 'comparing');
  const [still, setStill] = React.useState<boolean | null>(null);
  const first = React.useRef(received);
  React.useEffect(() => {
    setStill(received === first.current ? null : false);
    if (!watched) {
      first.current = received;
      return undefined;
    }
    let away = false;
    // A tab that has paused it will go on; where browsers tell nothing, time has to.
    const look = async (waited: boolean): Promise<void> => {
      const anywhere = await model.sender.files.isAnywhere(id);
      if (
        !away &&
        (waited || (received === first.current && anywhere === false))
      ) {
        setStill(anywhere !== true);
      }
    };
    void look(false);
    const timer = window.setInterval(() => void look(true), STILL);
    return () => {
      away = true;
      window.clearInterval(timer);
    };
  }, [model, id, watched, received]);
  return watched ? still : false;
}
