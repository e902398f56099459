import * as React from 'react';

import { useServices } from './context';

/**
 * Make a component of one that is loaded when it is first shown; until then nothing is.
 *
 * What most people never need does not make what all load longer. One that cannot be loaded says so,
 * and is tried again when it is shown anew.
 */
export function later<P extends object>(
  load: () => Promise<React.ComponentType<P>>
): (props: P) => JSX.Element | null {
  let there: React.ComponentType<P> | null = null;
  return function Later(props: P) {
    const { model, trans } = useServices();
    const [, setLoaded] = React.useState(false);
    React.useEffect(() => {
      if (there) {
        return undefined;
      }
      let away = false;
      load().then(
        loaded => {
          there = loaded;
          if (!away) {
            setLoaded(true);
          }
        },
        () => {
          if (!away) {
            model.notices.fail(
              trans.__(
                'A part of this page could not be loaded. Try again; if that does not help, reload the page.'
              )
            );
          }
        }
      );
      return () => {
        away = true;
      };
    }, []);
    return there ? React.createElement(there, props) : null;
  };
}
