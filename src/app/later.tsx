import * as React from 'react';

/**
 * Make a component of one that is loaded when it is first shown; until then nothing is.
 *
 * What most people never need does not make what all load longer.
 */
export function later<P extends object>(
  load: () => Promise<React.ComponentType<P>>
): (props: P) => JSX.Element | null {
  let there: React.ComponentType<P> | null = null;
  return function Later(props: P) {
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
        () => undefined // whoever shows it again tries again
      );
      return () => {
        away = true;
      };
    }, []);
    return there ? React.createElement(there, props) : null;
  };
}
