import * as React from 'react';

import { CommandIDs } from './commands';
import { useServices } from './context';
import type { MenuEntry } from './host';
import { Icon } from './Icon';
import { IconButton } from './IconButton';
import { useMenu } from './Menu';
import { busyProps, useBusy } from './useBusy';

/** The forms in which several links are copied. */
export const LINK_FORMS = ['lines', 'dict', 'csv'] as const;

/** The commands that copy the links of several artifacts. */
export function copyEntries(ids: readonly string[]): readonly MenuEntry[] {
  return LINK_FORMS.map(form => ({
    command: CommandIDs.copyLinks,
    args: { ids, form }
  }));
}

export interface IBarProps {
  /** Of the artifacts that are selected. */
  ids: readonly string[];
  onClear: () => void;
}

/** How many artifacts are selected, and what can be done with them together. */
export function SelectionBar({ ids, onClear }: IBarProps): JSX.Element {
  const { host, trans } = useServices();
  const openMenu = useMenu();
  const [isBusy, run] = useBusy();
  const count = ids.length;
  return (
    <>
      {/* There before it is filled, so that it is heard. */}
      <span className="jp-OpenEOArtifacts-ear" aria-live="polite">
        {count > 0 ? trans.__('%1 selected', count) : ''}
      </span>
      {count > 1 ? (
        <div
          className="jp-OpenEOArtifacts-selected"
          role="group"
          aria-label={trans.__('Selected artifacts')}
        >
          <span aria-hidden="true">{trans.__('%1 selected', count)}</span>
          <button
            type="button"
            className="jp-OpenEOArtifacts-action"
            aria-haspopup="menu"
            onClick={event => openMenu(event.currentTarget, copyEntries(ids))}
          >
            {trans.__('Copy links')}
            <Icon icon="caret" />
          </button>
          <button
            type="button"
            className="jp-OpenEOArtifacts-action"
            {...busyProps(isBusy)}
            onClick={() => run(() => host.execute(CommandIDs.insert, { ids }))}
          >
            {trans.__('Insert')}
          </button>
          <button
            type="button"
            className="jp-OpenEOArtifacts-action"
            onClick={() =>
              run(
                () => host.execute(CommandIDs.forgetArtifact, { ids }),
                'nearby'
              )
            }
          >
            {trans.__('Remove…')}
          </button>
          <IconButton
            icon="close"
            label={trans.__('Clear selection')}
            onClick={onClear}
          />
        </div>
      ) : null}
    </>
  );
}
