import {
  fireEvent,
  queryByText,
  waitFor,
  within
} from '@testing-library/react';

import { type FakeKernel, Refusal, fileOf } from '../../__tests__/fakeKernel';
import { upload } from '../../__tests__/fakeServer';
import { called } from '../../__tests__/rows';
import { ShownWidget } from './shownWidget';

describe("the widget's line to its kernel", () => {
  let shown: ShownWidget;
  let kernel: FakeKernel;
  let root: HTMLElement;

  beforeEach(() => {
    shown = new ShownWidget();
    ({ kernel } = shown);
  });

  afterEach(() => shown.dispose());

  async function show(): Promise<void> {
    root = await shown.show();
  }

  it('says why a file was refused, and sends it again', async () => {
    kernel.replies.createTusUpload = () => new Refusal(401);
    await show();
    shown.drop(fileOf(10));
    const row = await within(root).findByRole('row', { name: called('a.bin') });
    await waitFor(() =>
      expect(row).toHaveTextContent('It did not work. Do it again.')
    );
    fireEvent.click(
      within(row).getByRole('button', { name: 'Try a.bin again' })
    );
    await waitFor(() => expect(kernel.of('createTusUpload')).toHaveLength(2));
  });

  it('offers to send again what a restarted kernel has lost', async () => {
    // Given
    await show();
    kernel.replies.createTusUpload = () => ({
      upload: 'u'.repeat(26),
      offset: 0
    });
    kernel.replies.sendBytes = () => new Refusal(404);
    // When
    shown.drop(fileOf(10));
    // Then
    const row = await within(root).findByText(
      /The kernel was restarted in the middle/
    );
    const item = row.closest<HTMLElement>('[data-row]')!;
    fireEvent.click(
      within(item).getByRole('button', { name: 'Try a.bin again' })
    );
    await waitFor(() => expect(kernel.of('createTusUpload')).toHaveLength(2));
  });

  it('sends two files at a time', async () => {
    kernel.replies.createTusUpload = () => undefined;
    await show();
    shown.drop(fileOf(1, 'a'), fileOf(1, 'b'), fileOf(1, 'c'));
    await within(root).findByText('Waiting for its turn');
    expect(kernel.of('createTusUpload')).toHaveLength(2);
  });

  it('says that there is no kernel', async () => {
    kernel.cut = true;
    await show();
    await waitFor(() =>
      expect(
        queryByText(
          root,
          'The kernel was restarted or shut down. Run this cell again to stage more files.'
        )
      ).not.toBeNull()
    );
  });

  it('says at once that its kernel is gone, and of each file what became of it', async () => {
    // Given: one on its way, and one whose upload is being asked for
    await show();
    const id = 'u'.repeat(26);
    kernel.replies.createTusUpload = ({ params }) =>
      params.name === 'a' ? { upload: id, offset: 0 } : undefined;
    kernel.replies.sendBytes = () => undefined;
    kernel.replies.listUploads = () => ({
      uploads: [
        upload({ id, name: 'a', origin: 'widget', state: 'receiving' }),
        upload({ id: 'v'.repeat(26), name: 'c', origin: 'contents' })
      ]
    });
    shown.drop(fileOf(1, 'a'), fileOf(1, 'b'));
    await waitFor(() => expect(kernel.of('sendBytes')).toHaveLength(1));
    await within(root).findByRole('row', { name: called('c') });
    const asked = kernel.asked.length;

    // When
    kernel.end();

    // Then: by its own word, and not by its silence
    expect(await within(root).findByRole('alert')).toHaveTextContent(
      'The kernel was restarted or shut down. Run this cell again'
    );
    expect(kernel.asked).toHaveLength(asked);
    for (const name of ['a', 'b']) {
      await waitFor(() =>
        expect(
          within(root)
            .getAllByRole('row', { name: called(name) })
            .map(row => row.textContent)
            .join()
        ).toContain('Run the cell again, and drop the file there.')
      );
    }
    expect(root).not.toHaveTextContent('has not answered');
    expect(
      within(root).queryByRole('button', { name: /^Try .* again$/ })
    ).toBeNull();
  });

  it('shows bytes that have arrived before the first of them is stored', async () => {
    // Given
    await show();
    const id = 'u'.repeat(26);
    kernel.replies.createTusUpload = () => ({ upload: id, offset: 0 });
    const size = 4_000_000;
    let answers = 1;
    kernel.replies.sendBytes = ({ params, bytes }) =>
      answers-- > 0
        ? { offset: Number(params.offset) + Number(bytes), kept: true }
        : undefined;
    kernel.replies.listUploads = () => ({
      uploads: [
        upload({
          id,
          origin: 'widget',
          state: 'receiving',
          size,
          bytes_received: 0,
          bytes_stored: 0,
          speed: null
        })
      ]
    });
    // When: the kernel tells of one chunk that it has it, and no more
    shown.drop(fileOf(size));
    // Then
    const bar = await within(root).findByRole('progressbar');
    await waitFor(() =>
      expect(bar.lastElementChild).toHaveStyle({ width: '26.214399999999998%' })
    );
    expect(bar).toHaveAttribute('aria-valuenow', '0');
    expect(within(root).getByRole('row')).toHaveTextContent('0 B of 4.0 MB');
    // And it keeps them when all are sent, though the list still knows of none
    answers = Infinity;
    for (const asked of kernel.of('sendBytes').slice(1)) {
      kernel.answer(asked);
    }
    await waitFor(() => expect(kernel.of('confirmUpload')).toHaveLength(1));
    const [sure] = kernel.of('confirmUpload');
    kernel.say({ id: sure!.id, result: upload({ id }) });
    await waitFor(() =>
      expect(bar.lastElementChild).toHaveStyle({ width: '100%' })
    );
    await waitFor(() =>
      expect(kernel.of('listUploads').length).toBeGreaterThan(2)
    );
    expect(bar.lastElementChild).toHaveStyle({ width: '100%' });
  });
});
