import type { Artifact } from '../transport';
import type { Order } from './filter';
import { dayNumber } from '../text/format';
import type { IGridItem } from './Grid';

/** A row's height, and a heading's (px), as style/base.css has them. */
const [ROW, HEADING] = [28, 24];

/** A line of the list: an artifact, or the heading of a day. */
export interface IArtifactItem extends IGridItem {
  readonly artifact?: Artifact;
  readonly heading?: string;
}

/** The rows, each day's below its heading where that is the order. */
export function itemsOf(
  artifacts: readonly Artifact[],
  order: Order,
  headingOf: (day: Date) => string
): readonly IArtifactItem[] {
  const items: IArtifactItem[] = [];
  let last: number | null = null;
  for (const artifact of artifacts) {
    const staged = new Date(artifact.staged_at);
    const day = dayNumber(staged);
    if (order === 'time' && day !== last) {
      const heading = headingOf(staged);
      // Two clocks can have put one day before and behind another.
      items.push({
        id: `day ${day} ${items.length}`,
        height: HEADING,
        heading
      });
      last = day;
    }
    const { id, name } = artifact;
    items.push({ id, name, height: ROW, artifact });
  }
  return items;
}
