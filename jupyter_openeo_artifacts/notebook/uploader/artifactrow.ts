import { copyText } from '../../../src/app/clipboard';
import { button, make, nameOf, ownKeys, show, write } from './elements';
import { askToInsert, linesFor } from './inserting';
import { Late } from './kernel';
import type { IArtifact, ILink } from './protocol';
import { moment, size } from './quantities';
import { TEXT } from './text';

/** One staged artifact. */
export class ArtifactRow {
  constructor(
    private readonly _artifact: IArtifact,
    private readonly _link: () => Promise<ILink>,
    private readonly _say: (text: string) => void
  ) {
    const { name } = _artifact;
    this._meta = make('div', 'status');
    this._note = make('div', 'note');
    this._field = ownKeys(make('textarea', 'field'));
    this._field.readOnly = true;
    this._field.rows = 2;
    this._field.addEventListener('blur', () => this._forget());
    show(this._note, false);
    show(this._field, false);
    const copy = button(TEXT.copyLink, TEXT.of(TEXT.copyLink, name), () => {
      void this._copy();
    });
    const insert = button(
      TEXT.insertBelow,
      TEXT.of(TEXT.insertBelow, name),
      () => {
        void this._insert();
      }
    );
    const buttons = make('div', 'buttons');
    buttons.append(copy, insert);
    this.element.append(
      nameOf(name),
      this._meta,
      buttons,
      this._note,
      this._field
    );
  }

  readonly element = make('li', 'row');

  /** `twin`: whether another one has its name and its minute. */
  update(twin = false): void {
    const {
      size: bytes,
      staged_at,
      verified,
      account,
      backend
    } = this._artifact;
    const when = moment(new Date(staged_at), TEXT.tomorrow, { exact: twin });
    const words = [size(bytes), when, TEXT.at(account, hostOf(backend))];
    if (verified === 'size') {
      words.push(TEXT.sizeOnly);
      this._meta.title = TEXT.sizeOnlyMeans;
    }
    write(this._meta, words.join(' · '));
  }

  private async _copy(): Promise<void> {
    this._tell(TEXT.signing, false);
    const answer = this._link();
    try {
      const copied = await copyText(answer.then(({ url }) => url));
      const { checked, url, valid_until } = await answer;
      const until = moment(new Date(valid_until), TEXT.tomorrow);
      if (copied) {
        this._tell(TEXT.linkCopied(until, checked));
      } else {
        this._tell(TEXT.linkShown(until, checked));
        this._offer(TEXT.linkField(this._artifact.name), url);
      }
    } catch (error) {
      this._tell(
        error instanceof Late ? TEXT.linkLate : (error as Error).message
      );
    }
  }

  private async _insert(): Promise<void> {
    if (askToInsert(this.element, this._artifact)) {
      this._tell(TEXT.inserted);
      return;
    }
    const lines = linesFor(this._artifact);
    if (await copyText(Promise.resolve(lines))) {
      this._tell(TEXT.lineCopied);
    } else {
      this._tell(TEXT.lineShown);
      this._offer(TEXT.lineField(this._artifact.name), lines);
    }
  }

  /** Show a text to be copied by hand; it leaves the page when the person is done with it. */
  private _offer(label: string, text: string): void {
    this._field.setAttribute('aria-label', label);
    this._field.value = text;
    show(this._field, true);
    this._field.focus();
    this._field.select();
  }

  private _forget(): void {
    this._field.value = '';
    show(this._field, false);
  }

  private _tell(text: string, aloud = true): void {
    write(this._note, text);
    show(this._note, true);
    if (aloud) {
      this._say(text);
    }
  }

  private readonly _meta: HTMLElement;
  private readonly _note: HTMLElement;
  private readonly _field: HTMLTextAreaElement;
}

/** The backend's host; its address where that is odd. */
function hostOf(backend: string): string {
  try {
    return new URL(backend).host;
  } catch {
    return backend;
  }
}
