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
  const moves = React.useRef({ received, count: 0 });
  React.useEffect(() => {
    const { received: before, count } = moves.current;
    const moved = watched ? count + Number(received !== before) : 0;
    moves.current = { received, count: moved };
    // What a page has sent last comes to be known when it is gone.
    const unsent = moved <= 1;
    setStill(unsent ? null : false);
    if (!watched) {
      return undefined;
    }
    let away = false;
    // A tab that has paused it will go on; where browsers tell nothing, time has to.
    const look = async (waited: boolean): Promise<void> => {
      const anywhere = await model.sender.files.isAnywhere(id);
      if (!away && (waited || (unsent && anywhere === false))) {
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
