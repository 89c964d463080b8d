import type { HostOptions } from '@capstan/host';
import { maskSecrets } from '@capstan/schema';
import { oneLine } from './output/display-text.ts';
import type { Printer } from './output/printer.ts';

/** Shows each outgoing request on stderr (`--debug`). It comes redacted; what slipped through is masked once more. */
export function outgoingRequestPrinter(printer: Printer): NonNullable<HostOptions['onOutgoingRequest']> {
  return ({ method, url, headers, bodyBytes }) => {
    const shown = Object.entries(headers).map(([name, value]) => `    ${name}: ${oneLine(value)}`);
    printer.note(maskSecrets([`→ ${method} ${oneLine(url)} (${bodyBytes} bytes)`, ...shown].join('\n')));
  };
}
