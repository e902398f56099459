import { act, render, screen } from '@testing-library/react';
import * as React from 'react';

import { Notices } from '../../model/notices';
import { plainTranslator } from '../../text';
import { type IServices, Services } from '../context';
import { later } from '../later';

const SAID =
  'A part of this page could not be loaded. Try again; if that does not help, reload the page.';

function Part(): JSX.Element {
  return <p>here it is</p>;
}

describe('a part that is loaded when it is shown', () => {
  it('says that it could not be loaded, and is tried again when it is shown anew', async () => {
    const notices = new Notices();
    const services = {
      model: { notices },
      host: { trans: plainTranslator }
    } as unknown as IServices;
    const load = jest
      .fn<Promise<React.ComponentType>, []>()
      .mockRejectedValueOnce(new Error('the kernel is gone'))
      .mockResolvedValue(Part);
    const Later = later(load);
    const shown = (key: number): JSX.Element => (
      <Services.Provider value={services}>
        <Later key={key} />
      </Services.Provider>
    );

    const { rerender } = render(shown(1));
    await act(async () => undefined);
    expect(notices.last).toEqual({ kind: 'error', text: SAID });
    expect(screen.queryByText('here it is')).toBeNull();

    rerender(shown(2));
    expect(await screen.findByText('here it is')).not.toBeNull();
    rerender(shown(3));
    expect(screen.queryByText('here it is')).not.toBeNull();
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('says nothing to a page that has gone on', async () => {
    const notices = new Notices();
    const services = {
      model: { notices },
      host: { trans: plainTranslator }
    } as unknown as IServices;
    let fail: (reason: Error) => void = () => undefined;
    const Later = later(
      () =>
        new Promise<React.ComponentType>((_, reject) => {
          fail = reject;
        })
    );
    const { unmount } = render(
      <Services.Provider value={services}>
        <Later />
      </Services.Provider>
    );
    unmount();
    fail(new Error('late'));
    await act(async () => undefined);
    expect(notices.last).toBeNull();
  });
});
