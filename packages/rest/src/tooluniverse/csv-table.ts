/** A table as records, one a row. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly records: readonly Readonly<Record<string, string>>[];
}

/** Reads a table (RFC 4180, with any delimiter of one character): the first row names the columns. Empty rows are left out. */
export function readCsv(text: string, delimiter: string): CsvTable {
  const [columns = [], ...rows] = rowsOf(text, delimiter).filter((row) => row.length > 1 || row[0] !== '');
  return {
    columns,
    records: rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? '']))),
  };
}

function rowsOf(text: string, delimiter: string): readonly (readonly string[])[] {
  const end = `(${RegExp.escape(delimiter)}|\\r?\\n|$)`;
  const quoted = new RegExp(`"((?:[^"]|"")*)"${end}`, 'y');
  const plain = new RegExp(`((?:(?!${end}).)*)${end}`, 'sy');
  const rows: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    quoted.lastIndex = at;
    plain.lastIndex = at;
    // Quotes that do not enclose a whole cell are part of it.
    const cell = quoted.exec(text) ?? plain.exec(text);
    if (!cell) break;
    at += cell[0].length;
    rows.at(-1)?.push(cell[0].startsWith('"') ? (cell[1] ?? '').replaceAll('""', '"') : (cell[1] ?? ''));
    if (cell.at(-1)?.endsWith('\n')) rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}
