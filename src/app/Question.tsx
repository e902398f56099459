import * as React from 'react';

import { useServices } from './context';

/** What the person is asked of what they have just given; it takes the focus when it comes. */
export function Question(): JSX.Element | null {
  const { model, trans } = useServices();
  const { questions } = model.notices;
  const subscribe = React.useCallback(
    (onChange: () => void) => {
      questions.changed.connect(onChange);
      return () => {
        questions.changed.disconnect(onChange);
      };
    },
    [questions]
  );
  const question = React.useSyncExternalStore(subscribe, () => questions.first);
  const box = React.useRef<HTMLDivElement>(null);
  const id = React.useId();
  const asks = question !== null && question.answers.length > 0;
  React.useEffect(() => {
    if (asks) {
      box.current?.focus();
    }
  }, [asks]);
  if (question === null) {
    return null;
  }
  const { text, answers, cancel } = question;
  return (
    <div
      ref={box}
      className="jp-OpenEOArtifacts-question"
      role={asks ? 'alertdialog' : 'group'}
      aria-labelledby={id}
      tabIndex={-1}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          cancel();
        }
      }}
    >
      <p id={id}>{text}</p>
      <div className="jp-OpenEOArtifacts-answers">
        {answers.map(({ label, give }) => (
          <button
            key={label}
            type="button"
            className="jp-mod-styled jp-mod-accept"
            onClick={give}
          >
            {label}
          </button>
        ))}
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject"
          onClick={cancel}
        >
          {trans.__('Cancel')}
        </button>
      </div>
    </div>
  );
}
