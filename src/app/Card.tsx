import * as React from 'react';

import type { Artifact } from '../transport';
import { cardLines } from './cardLines';
import { useServices } from './context';
import { IN_TOP_LAYER, raise } from './topLayer';
import type { ILinkEnd } from './words';

/** How long the pointer or the focus rests on a row before its card comes (ms). */
const REST = 500;

/** How long the pointer has to come from a row to its card (ms). */
const WAY = 300;

/** Between a card and what it belongs to (px). */
const GAP = 4;

export interface ICardProps {
  list: React.RefObject<HTMLElement>;
  artifactOf: (row: string) => Artifact | undefined;
  linkOf: (artifact: Artifact) => ILinkEnd | null;
  /** What the backend of an address is called. */
  titleOf: (backend: string) => string;
}

/**
 * What is known of the row under the pointer or with the focus.
 *
 * By WCAG 1.4.13: the pointer may go to it, Escape takes it away, and it stays until then; it lies beside
 * the list or below the row, never on what is pointed at.
 */
export function Card({
  list,
  artifactOf,
  linkOf,
  titleOf
}: ICardProps): JSX.Element | null {
  const { trans } = useServices();
  const [row, setRow] = React.useState<HTMLElement | null>(null);
  const card = React.useRef<HTMLDivElement>(null);
  const id = React.useId();
  const timer = React.useRef(0);
  const put = React.useCallback((next: HTMLElement | null, wait: number) => {
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setRow(next), wait);
  }, []);
  React.useEffect(() => {
    const element = list.current;
    if (!element) {
      return undefined;
    }
    const over = (event: Event): void => {
      const under = rowUnder(event.target);
      if (under && !(event as PointerEvent).buttons) {
        put(under, REST);
      }
    };
    const focused = (event: Event): void => {
      const target = event.target as HTMLElement;
      if (target.matches('[data-row]:focus-visible')) {
        put(target, REST);
      }
    };
    const left = (): void => put(null, WAY);
    const at = { pointerover: over, focusin: focused };
    const away = { pointerleave: left, focusout: left };
    const gone = (): void => put(null, 0);
    const all = Object.entries({
      ...at,
      ...away,
      pointerdown: gone,
      contextmenu: gone,
      dragstart: gone
    });
    all.forEach(([name, heard]) => element.addEventListener(name, heard));
    return () => {
      all.forEach(([name, heard]) => element.removeEventListener(name, heard));
      window.clearTimeout(timer.current);
    };
  }, [list, put]);
  React.useLayoutEffect(() => {
    if (!row || !card.current) {
      return undefined;
    }
    raise(card.current);
    place(card.current, row);
    row.setAttribute('aria-describedby', id);
    const hide = (): void => put(null, 0);
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        setRow(null);
      } else if (!['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) {
        hide();
      }
    };
    const onScroll = (event: Event): void => {
      if (!card.current?.contains(event.target as Node)) {
        hide();
      }
    };
    document.addEventListener('keydown', onKey, true);
    document.addEventListener('scroll', onScroll, true);
    return () => {
      row.removeAttribute('aria-describedby');
      document.removeEventListener('keydown', onKey, true);
      document.removeEventListener('scroll', onScroll, true);
    };
  }, [row, id, put]);
  const artifact = row?.isConnected
    ? artifactOf(row.dataset.row ?? '')
    : undefined;
  return artifact ? (
    <div
      ref={card}
      id={id}
      role="tooltip"
      aria-label={trans.__('What is known of it')}
      className="jp-OpenEOArtifacts-card"
      {...IN_TOP_LAYER}
      onPointerEnter={() => window.clearTimeout(timer.current)}
      onPointerLeave={() => put(null, WAY)}
    >
      <dl>
        {cardLines(
          artifact,
          titleOf(artifact.backend),
          linkOf(artifact),
          trans
        ).map(([term, value]) => (
          <React.Fragment key={term}>
            <dt>{term}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </React.Fragment>
        ))}
      </dl>
    </div>
  ) : null;
}

function rowUnder(target: EventTarget | null): HTMLElement | null {
  return (target as Element).closest<HTMLElement>('[data-row]');
}

/** Put a card beside the whole of which a row is a part; where there is no room, below or above the row. */
function place(card: HTMLElement, row: HTMLElement): void {
  const around = row.closest('.jp-OpenEOArtifacts')?.getBoundingClientRect();
  const beside = row.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  let x = (around ?? beside).right + GAP;
  let y = Math.max(0, Math.min(beside.top, clientHeight - height));
  if (x + width > clientWidth) {
    x = (around ?? beside).left - GAP - width;
  }
  if (x < 0) {
    x = Math.max(0, Math.min(beside.left, clientWidth - width));
    const below = beside.bottom + GAP;
    y = below + height <= clientHeight ? below : beside.top - GAP - height;
  }
  card.style.left = `${x}px`;
  card.style.top = `${Math.max(0, y)}px`;
}
