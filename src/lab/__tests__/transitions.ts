/** What a person, another window, the provider or the network does; and where the focus is then. */
export interface ITransition {
  readonly from: State;
  /** The button, link or field that has the focus before. */
  readonly at: string;
  readonly by: Cause;
  /** What has it afterwards. */
  readonly to: string;
  /** What is said aloud. */
  readonly said?: string;
}

export type State =
  | 'code'
  | 'closed'
  | 'ended'
  | 'header'
  | 'lost'
  | 'missing'
  | 'question'
  | 'refused'
  | 'signed in'
  | 'switching'
  | 'told'
  | 'typing'
  | 'unavailable';

export type Cause =
  | 'press'
  | 'press, refused'
  | 'press, signed in'
  | 'answers'
  | 'approved'
  | 'denied'
  | 'expired'
  | 'lost'
  | 'signed out elsewhere'
  | 'ended by the provider'
  | 'sign-out'
  | 'restarted';

export const TRANSITIONS: readonly ITransition[] = [
  {
    from: 'closed',
    at: 'Sign in',
    by: 'press',
    to: 'login.example/device',
    said: 'Open login.example/device and enter the code W D J B - M J H T'
  },
  { from: 'closed', at: 'Sign in', by: 'press, refused', to: 'Try again' },
  {
    from: 'closed',
    at: 'Sign in',
    by: 'press, signed in',
    to: 'Choose…',
    said: 'Signed in as alice at Example'
  },
  { from: 'refused', at: 'Try again', by: 'press, refused', to: 'Try again' },
  { from: 'refused', at: 'Try again', by: 'press, signed in', to: 'Choose…' },
  { from: 'code', at: 'Copy code', by: 'denied', to: 'Try again' },
  { from: 'code', at: 'Cancel', by: 'expired', to: 'Try again' },
  { from: 'code', at: 'Cancel', by: 'press', to: 'Try again' },
  {
    from: 'code',
    at: 'login.example/device',
    by: 'approved',
    to: 'Choose…',
    said: 'Signed in as alice at Example'
  },
  { from: 'code', at: 'Cancel', by: 'lost', to: 'Cancel' },
  {
    from: 'ended',
    at: 'Try again',
    by: 'press',
    to: 'login.example/device'
  },
  { from: 'question', at: 'Not now', by: 'press', to: 'Sign in' },
  {
    from: 'question',
    at: 'Use my login there',
    by: 'press, signed in',
    to: 'Choose…'
  },
  { from: 'typing', at: 'Cancel', by: 'press', to: 'Backend' },
  { from: 'typing', at: 'Use this backend', by: 'press', to: 'Backend' },
  { from: 'signed in', at: 'Choose…', by: 'lost', to: 'Choose…' },
  {
    from: 'signed in',
    at: 'Choose…',
    by: 'signed out elsewhere',
    to: 'Sign in',
    said: 'Signed out'
  },
  {
    from: 'signed in',
    at: 'Account',
    by: 'ended by the provider',
    to: 'Sign in'
  },
  {
    from: 'signed in',
    at: 'Account',
    by: 'sign-out',
    to: 'Sign in',
    said: 'Signed out'
  },
  {
    from: 'signed in',
    at: 'Account',
    by: 'restarted',
    to: 'Account',
    said: 'Jupyter was restarted.'
  },
  { from: 'header', at: 'Switch backend…', by: 'press', to: 'Backend' },
  { from: 'switching', at: 'Cancel', by: 'press', to: 'Account' },
  {
    from: 'lost',
    at: 'Try again',
    by: 'answers',
    to: 'Choose…',
    said: 'Jupyter answers again.'
  },
  { from: 'lost', at: 'Account', by: 'answers', to: 'Account' },
  { from: 'missing', at: 'Try again', by: 'answers', to: 'Choose…' },
  { from: 'unavailable', at: 'Try again', by: 'answers', to: 'Choose…' },
  { from: 'told', at: 'Dismiss message', by: 'press', to: 'openEO artifacts' }
];
