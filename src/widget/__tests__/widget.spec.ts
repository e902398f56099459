import { fireEvent, getByRole, waitFor, within } from '@testing-library/react';

import {
  LANGUAGES,
  catalogueOf,
  marked,
  textsOf,
  untranslated
} from '../../__tests__/catalogue';
import { type FakeKernel, fileOf } from '../../__tests__/fakeKernel';
import {
  artifact,
  connection,
  problem,
  upload
} from '../../__tests__/fakeServer';
import { called } from '../../__tests__/rows';
import { type IInsertDetail, INSERT_EVENT } from '../../insert/event';
import { tellAtOnce } from '../../model';
import { FOLDER_EVENT } from '../../files/folderEvent';
import { readFolders } from '../../lab/widgetbridge';
import { ShownWidget } from './shownWidget';

// jsdom has no clipboard.
let copied: string[] = [];
let mayCopy = true;
jest.mock('../../text/clipboard', () => ({
  copyText: async (text: Promise<string>) => {
    const found = await text;
    if (mayCopy) {
      copied.push(found);
    }
    return mayCopy;
  }
}));

describe('the widget', () => {
  let shown: ShownWidget;
  let kernel: FakeKernel;
  let root: HTMLElement;

  beforeEach(() => {
    shown = new ShownWidget();
    ({ kernel } = shown);
    copied = [];
    mayCopy = true;
  });

  afterEach(() => shown.dispose());

  async function show(): Promise<void> {
    root = await shown.show();
  }

  function staged(): void {
    kernel.replies.listArtifacts = () => ({
      artifacts: [artifact()],
      next: null
    });
    kernel.replies.writeSnippet = () => ({
      text: 'aoi_url = presigned_url("s3://bucket/key")',
      import: 'import x',
      assigns: ['aoi_url'],
      cursor: { start: 0, end: 0 },
      links: []
    });
    kernel.replies.signArtifact = () => ({
      url: 'https://s3.example/x?sig',
      valid_until: '2026-11-22T23:10:00Z',
      checked: true
    });
  }

  it('stages a dropped file, with its progress and its end told by the kernel', async () => {
    // Given
    await show();
    const id = 'u'.repeat(26);
    kernel.replies.createTusUpload = () => ({ upload: id, offset: 0 });
    kernel.replies.sendBytes = ({ params, bytes }) => ({
      offset: Number(params.offset) + Number(bytes),
      kept: true
    });
    kernel.replies.confirmUpload = () => upload({ id });
    const going = upload({ id, origin: 'widget', state: 'uploading' });
    kernel.replies.listUploads = () => ({ uploads: [going] });

    // When
    shown.drop(fileOf(1000));

    // Then
    await waitFor(() => expect(kernel.of('confirmUpload')).toHaveLength(1));
    // Whose it is: another account may be signed in when a file's turn comes
    expect(kernel.of('createTusUpload')).toMatchObject([
      { params: { account: connection().account } }
    ]);
    kernel.change('uploads', going);
    await within(root).findByRole('progressbar', {
      name: 'Progress of a.bin'
    });

    // When it has ended
    const { id: artifactId } = artifact();
    kernel.replies.listUploads = () => ({ uploads: [] });
    kernel.change('artifacts', artifact({ name: 'a.bin' }));
    kernel.change('uploads', {
      ...going,
      state: 'staged',
      artifact: artifactId
    });

    // Then
    await within(root).findByRole('button', { name: 'Copy link: a.bin' });
    await waitFor(() =>
      expect(getByRole(root, 'log')).toHaveTextContent('a.bin is staged.')
    );
    expect(within(root).queryByRole('progressbar')).toBeNull();
  });

  it.each([
    ['two', null, 2],
    ['as many as the panel’s setting says', 3, 3]
  ])('sends %s at a time', async (_, setting, count) => {
    // Given a panel in its page, or none
    if (setting !== null) {
      tellAtOnce(setting);
    }
    await show();
    // When
    shown.drop(fileOf(10), fileOf(11), fileOf(12), fileOf(13));
    // Then
    await waitFor(() =>
      expect(kernel.of('createTusUpload')).toHaveLength(count)
    );
    delete document.documentElement.dataset.openeoArtifactsAtOnce;
  });

  it('says whose an artifact is and where', async () => {
    staged();
    await show();
    const row = await within(root).findByRole('row', {
      name: called('aoi.geojson')
    });
    expect(row).toHaveTextContent(/12 kB.* · alice at openeo\.example$/);
  });

  it('copies a link, and says until when it works', async () => {
    staged();
    await show();
    const name = 'Copy link: aoi.geojson';
    fireEvent.click(await within(root).findByRole('button', { name }));
    await waitFor(() =>
      expect(getByRole(root, 'status')).toHaveTextContent(
        'Link copied. It works until'
      )
    );
    expect(copied).toEqual(['https://s3.example/x?sig']);
  });

  it('shows a link that the browser does not copy, until it is left', async () => {
    staged();
    mayCopy = false;
    await show();
    const name = 'Copy link: aoi.geojson';
    fireEvent.click(await within(root).findByRole('button', { name }));
    const field = await within(root).findByRole<HTMLTextAreaElement>(
      'textbox',
      {
        name: 'Link to aoi.geojson'
      }
    );
    expect(field.value).toBe('https://s3.example/x?sig');
    // Some draw first and give the focus later.
    await waitFor(() => expect(field).toHaveFocus());
    field.blur();
    await waitFor(() => expect(within(root).queryByRole('textbox')).toBeNull());
  });

  it('asks for a cell below its own, and copies the lines where nobody inserts', async () => {
    staged();
    await show();
    const name = 'Insert below: aoi.geojson';
    const button = await within(root).findByRole('button', { name });
    fireEvent.click(button);
    await waitFor(() =>
      expect(getByRole(root, 'status')).toHaveTextContent('so the lines were')
    );
    const source = 'import x\naoi_url = presigned_url("s3://bucket/key")';
    expect(copied).toEqual([source]);

    const cells: string[] = [];
    const insert = (event: Event): void => {
      const { detail } = event as CustomEvent<IInsertDetail>;
      detail.notebook = {
        taken: ['a'],
        imported: true,
        insertBelow: cell => cells.push(cell) > 0
      };
      event.preventDefault();
    };
    document.addEventListener(INSERT_EVENT, insert);
    fireEvent.click(button);
    await waitFor(() =>
      expect(getByRole(root, 'status')).toHaveTextContent('Inserted below.')
    );
    document.removeEventListener(INSERT_EVENT, insert);
    expect(cells).toEqual([source]);
    const { id } = artifact();
    expect(kernel.of('writeSnippet').map(({ params }) => params.body)).toEqual([
      expect.objectContaining({ artifacts: [id], taken: [], imported: false }),
      expect.objectContaining({ taken: ['a'], imported: true })
    ]);
  });

  it('says why there is no login', async () => {
    kernel.replies.hello = () => ({
      process: 'p',
      connection: null,
      problem: problem({ message: 'You are not signed in.' })
    });
    await show();
    expect(await within(root).findByRole('alert')).toHaveTextContent(
      'You are not signed in. Do it again.'
    );
  });

  it('says what to do with a folder where nobody reads it', async () => {
    await show();
    shown.dropFolder('data', fileOf(10));
    expect(
      await within(root).findByRole('row', { name: called('data') })
    ).toHaveTextContent(
      '“data” is a folder. Zip it first, then drop the zip file.'
    );
  });

  it('asks how a folder is to be staged, by eye, ear and keyboard', async () => {
    // Given our extension in the page
    document.addEventListener(FOLDER_EVENT, readFolders);
    await show();
    shown.dropFolder('data', fileOf(10));
    const question = await within(root).findByRole('alertdialog', {
      name: '“data” is a folder (1 files, 10 B).'
    });
    await waitFor(() => expect(question).toHaveFocus());
    // When it is left, and then answered
    fireEvent.keyDown(question, { key: 'Escape' });
    await waitFor(() =>
      expect(within(root).queryByRole('alertdialog')).toBeNull()
    );
    expect(kernel.of('createTusUpload')).toEqual([]);
    shown.dropFolder('data', fileOf(10));
    fireEvent.click(
      await within(root).findByRole('button', { name: 'Stage one zip' })
    );
    // Then
    await waitFor(() =>
      expect(kernel.of('createTusUpload')).toMatchObject([
        { params: { name: 'data.zip', type: 'application/zip' } }
      ])
    );
    document.removeEventListener(FOLDER_EVENT, readFolders);
  });

  it('leads through its menu by keys, and back', async () => {
    // Given
    staged();
    await show();
    const row = await within(root).findByRole('row', {
      name: called('aoi.geojson')
    });
    row.focus();
    fireEvent.contextMenu(row);

    // When / Then
    const items = await within(root).findAllByRole('menuitem');
    const names = items.map(each => each.textContent);
    expect(names).toEqual(['Insert below', 'Copy link', 'Copy s3:// address']);
    const key = (name: string): Element | null => {
      fireEvent.keyDown(document.activeElement!, { key: name });
      return document.activeElement;
    };
    await waitFor(() => expect(document.activeElement).toBe(items[0]));
    expect(key('ArrowDown')).toBe(items[1]);
    expect(key('End')).toBe(items[2]);
    expect(key('ArrowDown')).toBe(items[0]);
    expect(key('ArrowUp')).toBe(items[2]);
    expect(key('Home')).toBe(items[0]);
    expect(key('c')).toBe(items[1]);
    expect(key('Escape')).toBe(row);
    await waitFor(() => expect(within(root).queryByRole('menu')).toBeNull());

    // When one is chosen
    fireEvent.contextMenu(row);
    await waitFor(() =>
      expect(document.activeElement).toHaveTextContent('Insert below')
    );
    key('End');
    expect(key('Enter')).toBe(row);

    // Then
    await waitFor(() => expect(copied).toEqual([artifact().uri]));
    expect(connection().state).toBe('signed_in');
  });
});

describe.each(LANGUAGES)('the widget with the catalogue of %s', language => {
  it('leaves no English', async () => {
    // Given
    document.documentElement.lang = language.replace('_', '-');
    const catalogue = catalogueOf(language);
    const shown = new ShownWidget();
    shown.kernel.replies.listArtifacts = () => ({
      artifacts: [artifact()],
      next: null
    });
    shown.kernel.replies.listUploads = () => ({
      uploads: [upload(), upload({ id: 'c'.repeat(26), state: 'cancelled' })]
    });
    // When
    const root = await shown.show(marked(catalogue));
    await within(root).findByText(/12\D*k[Bo]/);
    // Then
    expect(untranslated(textsOf(root), language)).toEqual([]);
    shown.dispose();
    document.documentElement.lang = '';
  });
});
