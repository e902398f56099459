import type { IncomingMessage } from 'node:http';

import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import { PanelPage } from '../pages/panel';
import { Front, type IStandIn } from '../servers/front';

const OURS = '/jupyter-openeo-artifacts/';
const PAGE = { 'Content-Type': 'text/html' };

const STOPPED = 'Your Jupyter server is not running.';
const LOGIN = 'Jupyter does not know this page any more.';
const NOBODY = /Not connected since \d\d:\d\d, trying again\./;

/** Answers a request, after the redirects that lead there. */
type Answer = (request: IncomingMessage) => IStandIn;

const page = (status: number, body: string): IStandIn => ({
  status,
  headers: PAGE,
  body: `<!doctype html><title>${body}</title><h1>${body}</h1>`
});

/** Leads everything to a page of the hub's. */
const leadingTo =
  (place: string, there: IStandIn): Answer =>
  ({ url }) =>
    url?.startsWith(place)
      ? there
      : {
          status: 302,
          headers: {
            Location: `${place}?next=${encodeURIComponent(url ?? '')}`
          }
        };

/** What stands between, what it answers, and what the panel then says. */
const ANSWERS: readonly [string, Answer, string | RegExp][] = [
  [
    'a hub whose server is gone',
    () => page(503, 'Service Unavailable'),
    STOPPED
  ],
  ['a hub that starts none by itself', () => page(424, 'Not running'), STOPPED],
  [
    'a hub after a stop, which answers each method in its own way',
    ({ method }) =>
      method === 'PATCH'
        ? page(503, 'Service Unavailable')
        : method === 'HEAD'
          ? page(405, 'Method Not Allowed')
          : page(424, 'Not running'),
    STOPPED
  ],
  [
    'a hub that leads to its page of a starting server',
    leadingTo('/hub/spawn-pending/ann', page(200, 'Starting up')),
    STOPPED
  ],
  ['nginx before a dead server', () => page(502, 'Bad Gateway'), STOPPED],
  [
    'a hub whose log-in has ended',
    leadingTo('/hub/login', page(200, 'Sign in')),
    LOGIN
  ],
  [
    'a hub that knows nobody, and resets what is being sent',
    ({ method }) =>
      method === 'PATCH' ? { status: 0 } : page(403, 'Forbidden'),
    LOGIN
  ],
  ['nobody: each line is reset', () => ({ status: 0 }), NOBODY]
];

/** What of our addresses the page asks for, at the moment in which it asks. */
function recordAsked(tab: Page): string[] {
  const asked: string[] = [];
  tab.on('request', request => {
    // What it is redirected to is asked by the browser.
    if (request.url().includes(OURS) && !request.redirectedFrom()) {
      asked.push(`${request.method()} ${new URL(request.url()).pathname}`);
    }
  });
  return asked;
}

for (const [who, answer, words] of ANSWERS) {
  test(
    `${who} is told, asked ever less often, and the upload goes on afterwards`,
    { tag: who === ANSWERS[0]![0] ? [] : '@slow' },
    async ({ page: tab, lab, desktop }) => {
      const front = await Front.start(lab.url, lab.token);
      try {
        // Given a file whose bytes are on their way
        await tab.clock.install();
        const panel = new PanelPage(tab, front);
        await panel.open();
        await panel.signIn('alice');
        const file = desktop.file('between.bin', 300_000);
        front.hold('PATCH', '/tus/');
        await desktop.drop(panel.dropZone, file.path);
        await expect.poll(() => front.asked('PATCH', '/tus/').length).toBe(1);
        await expect(panel.upload(file.name)).toBeVisible();

        // When something else answers in the place of the Jupyter server
        const asked = recordAsked(tab);
        front.stand = request =>
          request.url?.includes('/static/') ? null : answer(request);
        front.cut();

        // Then the panel says who, and keeps what it has shown
        await expect(panel.problem.filter({ hasText: words })).toBeVisible();
        await expect(panel.upload(file.name)).toContainText('trying again');

        // And asks less in eight minutes than it would in ten seconds
        await tab.clock.pauseAt(Date.now() + 3_600_000);
        const counts: number[] = [];
        for (let minute = 0; minute < 8; minute += 1) {
          const before = asked.length;
          await settle(tab);
          for (let seconds = 0; seconds < 60; seconds += 5) {
            await tab.clock.runFor(5_000);
            await settle(tab);
          }
          counts.push(asked.length - before);
        }
        expect(counts.reduce((sum, each) => sum + each)).toBeLessThan(40);
        expect(counts.slice(4).reduce((sum, each) => sum + each)).toBeLessThan(
          16
        );

        // When the Jupyter server answers again, and its owner comes back to the window
        front.stand = () => null;
        front.release();
        await tab.clock.resume();
        await tab.evaluate(() => window.dispatchEvent(new Event('focus')));

        // Then it is heard at once, and the file is staged
        await expect(panel.problem.filter({ hasText: words })).toBeHidden();
        await expect(panel.artifact(file.name)).toBeVisible();
      } finally {
        await front.stop();
      }
    }
  );
}

/** Let what the page has asked for be answered, and what follows of it happen. */
async function settle(tab: Page): Promise<void> {
  await tab.evaluate(async () => {
    await fetch('/static/nothing').catch(() => null);
  });
}
