import type { PresignedURL } from '../transport';
import { formatUntil } from '../text/format';
import type { ITranslator } from '../text/translator';

/** That a link was copied, and until when it works. */
export function describeCopied(
  signed: PresignedURL,
  trans: ITranslator
): string {
  const until = formatUntil(new Date(signed.valid_until), trans);
  return signed.checked
    ? trans.__('Link copied. It works until %1 for anyone who has it.', until)
    : trans.__(
        'Link copied. Its file could not be checked; if it is there, the link works until %1 for anyone who has it.',
        until
      );
}

/** That a link is shown where it could not be copied, and until when it works. */
export function describeShown(
  signed: PresignedURL,
  trans: ITranslator
): string {
  const until = formatUntil(new Date(signed.valid_until), trans);
  return signed.checked
    ? trans.__(
        'This browser does not let pages copy. Copy the link yourself. It works until %1 for anyone who has it.',
        until
      )
    : trans.__(
        'This browser does not let pages copy. Copy the link yourself. Its file could not be checked; if it is there, the link works until %1 for anyone who has it.',
        until
      );
}
