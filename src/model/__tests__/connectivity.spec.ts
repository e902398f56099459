import {
  type Connectivity,
  type Contact,
  type IServer,
  transition
} from '../connectivity';

const SERVER: IServer = { process: 'one', restarted: null };
const RESTARTED: IServer = { process: 'two', restarted: 9 };

const unknown: Connectivity = { state: 'unknown' };
const connected: Connectivity = {
  state: 'connected',
  since: 1,
  heard: 5,
  server: SERVER
};
const lost: Connectivity = {
  state: 'lost',
  since: 5,
  outage: 'unanswered',
  server: SERVER
};
const back: Connectivity = {
  state: 'back',
  since: 7,
  heard: 7,
  server: SERVER
};

const some: Contact = {
  type: 'answered',
  at: 9,
  process: 'one',
  everything: false
};
const all: Contact = { ...some, everything: true };
const other: Contact = { ...some, process: 'two' };
const otherAll: Contact = { ...other, everything: true };
const nameless: Contact = { ...some, process: null };
const none: Contact = { type: 'unanswered', outage: 'stopped' };
const doubt: Contact = { type: 'doubt' };
const hope: Contact = { type: 'hope' };

describe('the line to the server, after each contact in each state', () => {
  const table: [string, Connectivity, Contact, object, string][] = [
    [
      'first answer',
      unknown,
      some,
      { state: 'connected', since: 9 },
      'nothing'
    ],
    ['first outage', unknown, none, { state: 'lost', since: null }, 'nothing'],
    ['doubt before all', unknown, doubt, unknown, 'nothing'],
    ['hope before all', unknown, hope, unknown, 'nothing'],

    ['answers', connected, some, { ...connected, heard: 9 }, 'nothing'],
    ['all is read', connected, all, { ...connected, heard: 9 }, 'nothing'],
    ['not named', connected, nameless, { ...connected, heard: 9 }, 'nothing'],
    [
      'restarted unseen',
      connected,
      other,
      { state: 'back', since: 1, heard: 9, server: RESTARTED },
      'everything'
    ],
    [
      'restarted, all read',
      connected,
      otherAll,
      { state: 'connected', since: 1, heard: 9, server: RESTARTED },
      'nothing'
    ],
    ['silent', connected, none, { ...lost, outage: 'stopped' }, 'nothing'],
    ['doubted', connected, doubt, connected, 'presence'],
    ['hoped for', connected, hope, connected, 'nothing'],

    ['a sign of it', lost, some, { state: 'back', since: 9 }, 'everything'],
    ['all at once', lost, all, { state: 'connected', since: 9 }, 'nothing'],
    [
      'another process',
      lost,
      other,
      { state: 'back', server: RESTARTED },
      'everything'
    ],
    [
      'another, all read',
      lost,
      otherAll,
      { state: 'connected', server: RESTARTED },
      'nothing'
    ],
    ['still lost', lost, none, { ...lost, outage: 'stopped' }, 'nothing'],
    ['doubted while lost', lost, doubt, lost, 'nothing'],
    ['hoped for while lost', lost, hope, lost, 'everything'],

    ['more of it', back, some, { ...back, heard: 9 }, 'nothing'],
    [
      'all of it',
      back,
      all,
      { state: 'connected', since: 7, heard: 9 },
      'nothing'
    ],
    ['lost again', back, none, { state: 'lost', since: 7 }, 'nothing'],
    ['doubted while back', back, doubt, back, 'nothing'],
    ['hoped for while back', back, hope, back, 'nothing']
  ];

  it.each(table)('%s', (_, before, contact, after, question) => {
    const [next, asked] = transition(Object.freeze(before), contact);
    expect(next).toMatchObject(after);
    expect(asked).toBe(question);
  });

  it('has a row for each pair of state and contact', () => {
    const pairs = new Set(table.map(([, { state }, { type }]) => state + type));
    expect(pairs.size).toBe(4 * 4);
  });

  it('remembers a restart, and forgets it for no answer', () => {
    const [after] = transition(connected, otherAll);
    const [later] = transition(after, { ...all, at: 20, process: 'two' });
    expect(later).toMatchObject({ server: RESTARTED });
  });
});
