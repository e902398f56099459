import type { Artifact } from '../transport';
import { unreachable } from '../model';
import {
  dayHeading,
  formatBytes,
  formatClock,
  language,
  visible
} from '../text/format';
import type { ITranslator } from '../text/translator';
import { type ILinkEnd, describeCheck, describeLinkEnd } from './words';

/** A line of a card: what it is, and what is known of it. */
export type CardLine = readonly [term: string, value: string];

/** All that is known of an artifact; never a link itself. */
export function cardLines(
  artifact: Artifact,
  backend: string,
  link: ILinkEnd | null,
  trans: ITranslator
): readonly CardLine[] {
  const { account, name, origin, sha256, size, staged_at, uri } = artifact;
  const staged = new Date(staged_at);
  const check = describeCheck(artifact, trans);
  const lines: readonly CardLine[] = [
    [trans.__('Name'), visible(name)],
    [
      trans.__('Size'),
      trans.__(
        '%1 (%2 bytes)',
        formatBytes(size),
        size.toLocaleString(language())
      )
    ],
    [
      trans.__('Staged'),
      trans.__(
        '%1 %2, %3',
        dayHeading(staged, trans),
        formatClock(staged),
        describeOrigin(origin, trans)
      )
    ],
    [trans.__('Account'), account],
    [trans.__('Backend'), backend],
    [trans.__('Address'), visible(uri)],
    ['SHA-256', sha256],
    [trans.__('Check'), check ? `${check.words}. ${check.meaning}` : ''],
    [trans.__('Link'), link ? describeLinkEnd(link, trans) : '']
  ];
  return lines.filter(([, value]) => value !== '');
}

/** By what a file was staged. */
function describeOrigin(
  origin: Artifact['origin'],
  trans: ITranslator
): string {
  switch (origin) {
    case 'browser':
      return trans.__('dropped on the panel');
    case 'contents':
      return trans.__('from Jupyter’s files');
    case 'magic':
      return trans.__('by %artifact_upload');
    case 'widget':
      return trans.__('by a widget');
    case 'cli':
      return trans.__('by the command line');
    case 'api':
      return trans.__('by Python');
    default:
      return unreachable(origin);
  }
}
