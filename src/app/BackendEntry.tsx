import * as React from 'react';

import type { BackendCheck } from '../transport';
import { problemOf, sentence, unreachable } from '../model';
import { useServices } from './context';

/** What an address looks like; the same in every language. */
const EXAMPLE = 'openeo.example.org';

/** How long typing must rest before the address is asked (ms). */
const REST = 400;

/** What is known of the address as typed. */
type Answer =
  | { readonly state: 'none' }
  | { readonly state: 'asking' }
  | { readonly state: 'good'; readonly check: BackendCheck }
  | { readonly state: 'bad'; readonly text: string };

interface IBackendEntryProps {
  onUse: (backend: string) => void;
  onCancel: () => void;
}

/** A free address, checked as it is typed. */
export function BackendEntry({
  onUse,
  onCancel
}: IBackendEntryProps): JSX.Element {
  const { trans } = useServices();
  const [address, setAddress] = React.useState('');
  const answer = useCheck(address.trim());
  const answerId = React.useId();
  return (
    <form
      className="jp-OpenEOArtifacts-entry"
      onSubmit={event => {
        event.preventDefault();
        if (answer.state === 'good') {
          onUse(answer.check.backend);
        }
      }}
    >
      <input
        className="jp-mod-styled"
        aria-label={trans.__('Backend address')}
        aria-describedby={answerId}
        aria-invalid={answer.state === 'bad'}
        placeholder={EXAMPLE}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        autoFocus
        value={address}
        onChange={event => setAddress(event.currentTarget.value)}
        onKeyDown={event => event.key === 'Escape' && onCancel()}
      />
      <p
        id={answerId}
        role="status"
        className={answer.state === 'bad' ? 'jp-OpenEOArtifacts-error' : ''}
      >
        <AnswerText answer={answer} />
      </p>
      <div className="jp-OpenEOArtifacts-entryButtons">
        <button type="button" className="jp-mod-styled" onClick={onCancel}>
          {trans.__('Cancel')}
        </button>
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          disabled={answer.state !== 'good'}
        >
          {trans.__('Use this backend')}
        </button>
      </div>
    </form>
  );
}

function AnswerText({ answer }: { answer: Answer }): JSX.Element | null {
  const { trans } = useServices();
  switch (answer.state) {
    case 'none':
      return <>{trans.__('Type the address of an openEO backend.')}</>;
    case 'asking':
      return <>{trans.__('Asking…')}</>;
    case 'bad':
      return <>{answer.text}</>;
    case 'good':
      return (
        <>
          <bdi>{answer.check.title || answer.check.backend}</bdi>
          {': '}
          {answer.check.problem
            ? sentence(answer.check.problem)
            : answer.check.storage.state === 'none'
              ? trans.__('it does not offer artifact storage.')
              : trans.__('it offers artifact storage.')}
        </>
      );
    default:
      return unreachable(answer);
  }
}

/** Ask about an address once typing rests; an answer to what was typed before is dropped. */
function useCheck(address: string): Answer {
  const { model } = useServices();
  const [answer, setAnswer] = React.useState<Answer>({ state: 'none' });
  React.useEffect(() => {
    if (!address) {
      setAnswer({ state: 'none' });
      return undefined;
    }
    setAnswer({ state: 'asking' });
    const abort = new AbortController();
    const timer = window.setTimeout(() => {
      model.checkBackend(address, abort.signal).then(
        check =>
          !abort.signal.aborted &&
          setAnswer(
            // A backend whose storage is of no use can still be chosen: geometry goes inline.
            check.problem && check.storage.state === 'unknown'
              ? { state: 'bad', text: sentence(check.problem) }
              : { state: 'good', check }
          ),
        (error: unknown) =>
          !abort.signal.aborted &&
          setAnswer({ state: 'bad', text: sentence(problemOf(error)) })
      );
    }, REST);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [model, address]);
  return answer;
}
