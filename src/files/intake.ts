import type { Contents } from '@jupyterlab/services';

import type { ITranslator } from '../text/translator';
import type { Inserter } from '../insert';
import { type PanelModel, localProblem, problemOf } from '../model';
import { type Selected, listFolder, lookAt } from './contents';
import type { IDropped } from './dropped';
import { askFolder, filesToStage } from './folder';
import { type IAsking, mayStage } from './many';
import { INLINE_LIMIT, readGeoJSON } from './geojson';

/** What a file is taken for: bytes to read here, or a path that the server reads. */
type Source =
  | { readonly from: 'browser'; readonly file: File }
  | {
      readonly from: 'contents';
      readonly path: string;
      /** Under which name; `zip`: it is a folder, of which the server makes one. */
      readonly more?: { readonly name: string; readonly zip?: true };
    };

type Folder = Extract<Selected, { state: 'folder' }>;

/**
 * Takes what a person dropped, chose or selected to where it belongs: to a staging upload, into the
 * notebook where the backend has no storage, or back with a reason.
 */
export class Intake {
  constructor(
    private readonly _model: PanelModel,
    private readonly _inserter: Inserter,
    private readonly _contents: Contents.IManager,
    private readonly _trans: ITranslator
  ) {}

  /** Files and folders from outside: a desktop drop, or a file input. */
  async takeDropped({ files, folders }: IDropped): Promise<void> {
    await this._model.session.settled();
    const given = {
      files,
      folders: folders.filter(({ name }) => this._takesFolder(name))
    };
    for (const file of await filesToStage(given, this._asking)) {
      await this._take(file.name, { from: 'browser', file });
    }
  }

  /** Paths of JupyterLab's file browser. */
  async takePaths(paths: readonly string[]): Promise<void> {
    const trans = this._trans;
    await this._model.session.settled();
    const files: Extract<Selected, { state: 'file' }>[] = [];
    for (const path of paths) {
      const selected = await lookAt(this._contents, path);
      switch (selected.state) {
        case 'file':
          files.push(selected);
          break;
        case 'folder':
          if (this._takesFolder(selected.name)) {
            await this._takeFolder(selected);
          }
          break;
        case 'elsewhere':
          this._model.sender.refuse(
            selected.name,
            localProblem(
              'not_on_this_server',
              trans.__('This file is on a drive outside the Jupyter server.'),
              trans.__('Copy it to the server first.')
            )
          );
          break;
        case 'gone':
          this._model.sender.refuse(selected.name, problemOf(selected.error));
          break;
      }
    }
    if (await mayStage(files, this._asking)) {
      for (const { name, path } of files) {
        await this._take(name, { from: 'contents', path });
      }
    }
  }

  private get _asking(): IAsking {
    const { notices, sender } = this._model;
    return {
      questions: notices.questions,
      trans: this._trans,
      refuse: (name, problem) => sender.refuse(name, problem)
    };
  }

  /** A folder of the file browser: the server reads it, as many files or as one zip. */
  private async _takeFolder({ name, path }: Folder): Promise<void> {
    const list = (): ReturnType<typeof listFolder> =>
      listFolder(this._contents, path);
    const answer = await askFolder(name, list, this._asking);
    const take = (
      given: string,
      more: { readonly name: string; readonly zip?: true }
    ): Promise<void> =>
      this._take(more.name, { from: 'contents', path: given, more });
    if (answer?.as === 'zip') {
      await take(path, { name: `${name}.zip`, zip: true });
    } else if (answer) {
      for (const entry of answer.entries) {
        await take(entry.path, { name: `${name}/${entry.name}` });
      }
    }
  }

  /** Whether a folder can be staged; where there is no storage, it is said that it cannot. */
  private _takesFolder(name: string): boolean {
    const { session } = this._model.snapshot;
    const hasNone =
      session.state === 'signed_in' &&
      session.connection.storage.state === 'none';
    if (hasNone) {
      this._model.sender.refuse(
        name,
        localProblem(
          'inline_not_geojson',
          this._trans.__('Only GeoJSON can go into the notebook as text.'),
          this._trans.__('This backend does not offer artifact storage.'),
          'provider'
        )
      );
    }
    return !hasNone;
  }

  private async _take(name: string, source: Source): Promise<void> {
    const { session } = this._model.snapshot;
    if (session.state !== 'signed_in') {
      this._model.sender.waiting.hold(
        name,
        () => void this._take(name, source)
      );
      this._model.notices.say(
        this._trans.__('Sign in first; what waits for that is staged then.')
      );
      return;
    }
    const { storage, problem } = session.connection;
    switch (storage.state) {
      case 'ready':
      case 'unknown':
        return source.from === 'browser'
          ? this._model.uploads.stageFiles([source.file])
          : this._model.uploads.stagePath(source.path, source.more);
      case 'none':
        return this._insertInline(name, source);
      case 'unsupported':
      case 'invalid':
        this._model.sender.refuse(
          name,
          problem ??
            localProblem(
              `storage_${storage.state}`,
              this._trans.__('The storage of this backend cannot be used.'),
              '',
              'provider'
            )
        );
    }
  }

  /** A backend without storage still reads a geometry that is part of the request itself. */
  private async _insertInline(name: string, source: Source): Promise<void> {
    const trans = this._trans;
    const refuse = (code: string, message: string): void =>
      this._model.sender.refuse(
        name,
        localProblem(
          code,
          message,
          trans.__('This backend does not offer artifact storage.'),
          'provider'
        )
      );
    try {
      const size =
        source.from === 'browser'
          ? source.file.size
          : ((await this._contents.get(source.path, { content: false })).size ??
            0);
      const text = size > INLINE_LIMIT ? null : await this._readText(source);
      const inline =
        text === null ? { state: 'too_large' as const } : readGeoJSON(text);
      switch (inline.state) {
        case 'geometry':
          await this._inserter.insertGeometry(name, inline.value);
          break;
        case 'too_large':
          refuse(
            'inline_too_large',
            trans.__('It is too large to go into the notebook (over 1 MB).')
          );
          break;
        case 'not_geojson':
          refuse(
            'inline_not_geojson',
            trans.__('Only GeoJSON can go into the notebook as text.')
          );
          break;
      }
    } catch (error) {
      this._model.sender.refuse(name, problemOf(error));
    }
  }

  private async _readText(source: Source): Promise<string> {
    if (source.from === 'browser') {
      return source.file.text();
    }
    const model = await this._contents.get(source.path, {
      type: 'file',
      format: 'text',
      content: true
    });
    return String(model.content);
  }
}
