import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

/** A text that the browser did not let us copy. */
export interface IOffer {
  readonly label: string;
  readonly text: string;
}

/** A text to be copied by hand; it leaves the page when the person is done with it. */
export function CopyField({
  offered
}: {
  offered: ISignal<unknown, IOffer>;
}): JSX.Element | null {
  const [offer, setOffer] = React.useState<IOffer | null>(null);
  const field = React.useRef<HTMLTextAreaElement>(null);
  React.useEffect(() => {
    const onOffered = (_: unknown, made: IOffer): void => setOffer(made);
    offered.connect(onOffered);
    return () => {
      offered.disconnect(onOffered);
    };
  }, [offered]);
  React.useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [offer]);
  return offer ? (
    <textarea
      ref={field}
      className="jp-mod-styled"
      readOnly
      rows={2}
      aria-label={offer.label}
      value={offer.text}
      onBlur={() => setOffer(null)}
    />
  ) : null;
}
