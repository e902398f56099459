import type {
  Artifact,
  PresignedURL,
  Snippet,
  SnippetRequest
} from '../transport';
import { describeCopied } from './copied';
import { copyText } from '../text/clipboard';
import { formatUntil } from '../text/format';
import type { ITranslator } from '../text/translator';
import { type ArtifactsModel } from '../model';
import {
  type InsertionPoint,
  type IPlace,
  type ISpot,
  SHELL_LINE,
  isSameSpot
} from './cell';
import { askKernel, kernelLanguage } from './kernel';
import { type LinkForm, copyLinks } from './links';
import { wholeText, requestFor } from './names';
import { type IQuestions, type Lifetime, lifetimeSeconds } from './questions';
import { PIP_INSTALL, geometryText } from './text';

/** The forms in which an artifact enters a notebook. */
export type InsertKind = SnippetRequest['form'];

type Artifacts = readonly Artifact[];

/** What a person set for inserting. */
export interface IInsertPreferences {
  readonly kind: InsertKind;
  readonly lifetime: Lifetime;
}

/** Takes an artifact to the clipboard or into the notebook, and says what was done. */
export class Inserter {
  constructor(
    private readonly _model: ArtifactsModel,
    readonly point: InsertionPoint,
    private readonly _questions: IQuestions,
    private readonly _trans: ITranslator
  ) {}

  /** What is done where nothing else is asked for. */
  preferences: IInsertPreferences = { kind: 'reference', lifetime: 'longest' };

  /** What is inserted where `kind` is asked for: only what runs as Python takes a reference. */
  kindHere(kind: InsertKind = this.preferences.kind): InsertKind {
    const { cellType, language } = this.point;
    const runsPython =
      cellType === 'code' &&
      ['', 'python'].includes(language) &&
      !this._atShell;
    return kind === 'reference' && !runsPython ? 'link' : kind;
  }

  /** Copy a new link with the longest valid lifetime. */
  async copyLink(artifact: Artifact): Promise<void> {
    await this._guard(async () => {
      const signed = this._model.sign(artifact.id);
      await this._copy(signed.then(({ url }) => url));
      this._model.notices.say(describeCopied(await signed, this._trans));
    });
  }

  /** Copy the storage URI. */
  async copyURI(artifact: Artifact): Promise<void> {
    await this._guard(async () => {
      await this._copy(Promise.resolve(artifact.uri));
      this._model.notices.say(this._trans.__('s3:// address copied.'));
    });
  }

  /** Insert artifacts, several as one dict; where no notebook can take them, copy them and say so. */
  async insert(
    artifacts: Artifacts,
    kind: InsertKind = this.preferences.kind
  ): Promise<void> {
    await this._guard(async () => {
      if (!this.point.notebook || this.point.readOnly) {
        await this._copyInstead(artifacts, kind);
        return;
      }
      switch (kind) {
        case 'reference':
          return this._insertReference(artifacts);
        case 'uri':
          return this._putAndSay(artifacts, 'uri');
        case 'link':
          return this._insertLink(artifacts);
      }
    });
  }

  /** Copy links to several artifacts. */
  async copyLinks(artifacts: Artifacts, form: LinkForm): Promise<void> {
    await this._guard(() =>
      copyLinks(artifacts, form, this._model, this._questions, this._trans)
    );
  }

  /** Insert a geometry as text, for a backend that offers no storage. */
  async insertGeometry(name: string, value: unknown): Promise<void> {
    await this._guard(async () => {
      const text = geometryText(value);
      if (this.point.notebook && !this.point.readOnly) {
        this.point.insertBelow(text);
        this._model.notices.say(
          this._trans.__('%1 is in a new cell, as text.', name)
        );
      } else {
        await this._copy(Promise.resolve(text));
        this._model.notices.say(
          this._trans.__(
            'No notebook is open, so the cell with %1 was copied instead.',
            name
          )
        );
      }
    });
  }

  private async _insertReference(artifacts: Artifacts): Promise<void> {
    // Markdown and raw cells never run, and no shell runs Python: they take the URL.
    if (this.point.cellType !== 'code' || this._atShell) {
      return this._insertLink(artifacts);
    }
    const context = this.point.notebook?.sessionContext ?? null;
    const answer = await askKernel(context);
    switch (answer.state) {
      case 'ready':
        return this._putAndSay(artifacts, 'reference');
      case 'foreign':
        return this._insertLink(artifacts);
      case 'missing':
      case 'busy':
      case 'none': {
        const instead =
          answer.state === 'missing'
            ? await this._questions.askMissing(this._trans)
            : await this._questions.askUnknown(answer.state, this._trans);
        switch (instead) {
          case 'url':
            return this._insertLink(artifacts);
          case 'pip': {
            this.point.insertBelow(PIP_INSTALL);
            const request = requestFor(
              artifacts,
              'reference',
              this.point.names()
            );
            const source = wholeText(
              await this._model.client.writeSnippet(request)
            );
            return this._sayInserted(this.point.insertBelow(source));
          }
          case 'reference':
            return this._putAndSay(artifacts, 'reference');
          case 'cancel':
            return;
        }
      }
    }
  }

  private async _insertLink(artifacts: Artifacts): Promise<void> {
    const { notices } = this._model;
    // Not handed out unless the person goes on: it tells how long a link can last.
    const [first] = artifacts;
    if (!first) {
      return;
    }
    const longest = await this._model.client.signArtifact(first.id, null);
    const lifetime = await this._questions.askLifetime(
      this.preferences.lifetime,
      new Date(longest.valid_until),
      this._trans
    );
    if (lifetime === null) {
      return;
    }
    const put = await this._put(artifacts, 'link', lifetimeSeconds(lifetime));
    const [link] = put?.links ?? [];
    if (put?.place && link) {
      put.links.forEach(each => this._model.noteLink(each.artifact, each));
      const inserted = this._inserted(put.place);
      const until = this._until(link);
      notices.say(
        link.checked
          ? this._trans.__('%1 The link works until %2.', inserted, until)
          : this._trans.__(
              '%1 Its file could not be checked; if it is there, the link works until %2.',
              inserted,
              until
            )
      );
    }
  }

  private async _putAndSay(
    artifacts: Artifacts,
    form: 'reference' | 'uri'
  ): Promise<void> {
    const put = await this._put(artifacts, form);
    return put ? this._sayInserted(put.place) : this._insertLink(artifacts);
  }

  /**
   * Have the line written for the place where it goes, and put it there; null where that place takes
   * no such line. The cursor may move while it is written: it is then written for the place of now.
   */
  private async _put(
    artifacts: Artifacts,
    form: InsertKind,
    expiresIn: number | null = null
  ): Promise<{ place: IPlace | null; links: Snippet['links'] } | null> {
    for (let spot = await this._spot(); ;) {
      if (form === 'reference' && spot.language === SHELL_LINE) {
        return null;
      }
      const snippet = await this._model.client.writeSnippet(
        requestFor(artifacts, form, { ...spot, expiresIn })
      );
      const now = await this._spot();
      if (isSameSpot(spot, now)) {
        return { place: this.point.insert(snippet, now), links: snippet.links };
      }
      spot = now;
    }
  }

  private get _atShell(): boolean {
    return this.point.look('python').language === SHELL_LINE;
  }

  private async _spot(): Promise<ISpot> {
    return this.point.look(await this._language());
  }

  private async _copyInstead(
    artifacts: Artifacts,
    kind: InsertKind
  ): Promise<void> {
    const trans = this._trans;
    switch (kind) {
      case 'reference':
        await this._copy(
          this._model.client
            .writeSnippet(requestFor(artifacts, 'reference'))
            .then(wholeText)
        );
        this._model.notices.say(
          trans.__('No notebook is open, so the code was copied instead.')
        );
        break;
      case 'uri':
        await this._copy(
          Promise.resolve(artifacts.map(({ uri }) => uri).join('\n'))
        );
        this._model.notices.say(
          trans.__(
            'No notebook is open, so the s3:// address was copied instead.'
          )
        );
        break;
      case 'link': {
        const [first] = artifacts;
        if (!first || artifacts.length > 1) {
          return this.copyLinks(artifacts, 'dict');
        }
        const signed = this._model.sign(first.id);
        await this._copy(signed.then(({ url }) => url));
        const said = describeCopied(await signed, trans);
        this._model.notices.say(trans.__('No notebook is open. %1', said));
        break;
      }
    }
  }

  /** What the cell is written in; where nobody can say, Python is likely. */
  private async _language(): Promise<string> {
    const { cellType, language, notebook } = this.point;
    return cellType === 'code'
      ? ((await kernelLanguage(notebook?.sessionContext ?? null)) ??
          (language || 'python'))
      : cellType;
  }

  private async _copy(text: Promise<string>): Promise<void> {
    if (!(await copyText(text))) {
      await this._questions.showToCopy(await text, this._trans);
    }
  }

  private _until(signed: Pick<PresignedURL, 'valid_until'>): string {
    return formatUntil(new Date(signed.valid_until), this._trans);
  }

  private _sayInserted(place: IPlace | null): void {
    if (place) {
      this._model.notices.say(this._inserted(place));
    }
  }

  private _inserted({ cell, where }: IPlace): string {
    return where === 'below'
      ? this._trans.__('Inserted below cell %1.', cell)
      : this._trans.__('Inserted in cell %1.', cell);
  }

  /** Whatever goes wrong is said, never thrown at a command's caller. */
  private async _guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this._model.notices.failed(error);
    }
  }
}
