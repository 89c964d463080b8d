import { cutToWidth, displayWidth, oneLine, padToWidth } from './display-text.ts';
import type { Paint } from './paint.ts';

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** The text of a cell; it is made one line of printable characters. */
  cell(row: Row): string;
  /** Colours a cell that is already padded. */
  readonly paint?: (text: string, row: Row) => string;
  /** Whether this column gives way when the table is wider than the terminal. */
  readonly flexible?: boolean;
}

/** How a table is drawn. */
export interface TableStyle {
  readonly paint: Paint;
  /** The columns that it may take; absent where nothing limits it (a file, a pipe). */
  readonly width?: number;
}

const GAP = '  ';
const NARROWEST = 12;

/** Rows as aligned columns under quiet titles, one line a row. */
export function formatTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], style: TableStyle): string {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.cell(row))));
  const widths = fit(naturalWidths(cells, columns), columns, style.width);
  const line = (texts: readonly string[], paint: (text: string, index: number) => string): string =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0;
        const last = index === texts.length - 1;
        const cut = cutToWidth(text, width);
        return paint(last ? cut : padToWidth(cut, width), index);
      })
      .join(GAP)
      .trimEnd();
  const head = line(
    columns.map((column) => column.title),
    (text) => style.paint.quiet(text),
  );
  const body = rows.map((row, at) =>
    line(cells[at] ?? [], (text, index) => columns[index]?.paint?.(text, row) ?? text),
  );
  return [head, ...body].join('\n');
}

function naturalWidths<Row>(cells: readonly (readonly string[])[], columns: readonly Column<Row>[]): readonly number[] {
  return columns.map(({ title }, index) =>
    cells.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), displayWidth(title)),
  );
}

/** Takes what is too much from the flexible columns, the widest first; the others stay readable whatever the terminal. */
function fit<Row>(
  natural: readonly number[],
  columns: readonly Column<Row>[],
  width: number | undefined,
): readonly number[] {
  if (width === undefined) return natural;
  const fitted = [...natural];
  let excess = fitted.reduce((sum, part) => sum + part, 0) + GAP.length * (columns.length - 1) - width;
  while (excess > 0) {
    const widest = widestFlexible(fitted, columns);
    if (widest === undefined) break;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
    excess -= 1;
  }
  return fitted;
}

function widestFlexible<Row>(widths: readonly number[], columns: readonly Column<Row>[]): number | undefined {
  let best: number | undefined;
  for (const [index, width] of widths.entries()) {
    if (columns[index]?.flexible !== true || width <= NARROWEST) continue;
    if (best === undefined || width > (widths[best] ?? 0)) best = index;
  }
  return best;
}
