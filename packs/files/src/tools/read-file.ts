import { openInside } from '@capstan/sanitize';
import { CapstanError, defineTool, type JsonObject, type ToolFactory } from '@capstan/sdk';
import { fileError } from '../file-error.ts';
import { chooseRoot, type FileSettings, fileSettings, type Root } from '../roots.ts';
import { textPart } from '../text-part.ts';

interface ReadInput {
  readonly root?: string;
  readonly path: string;
  readonly offset?: number;
  readonly max_bytes?: number;
}

/** The text of a file, a part at a time. */
export const readFile: ToolFactory<ReadInput> = defineTool(({ config }) => {
  const settings = fileSettings(config);
  return async (input) => {
    const root = chooseRoot(settings.roots, input.root);
    try {
      return await readPart(root, input, settings);
    } catch (cause) {
      throw fileError(cause, input.path);
    }
  };
});

async function readPart(
  root: Root,
  { path, offset = 0, max_bytes: maxBytes = Number.POSITIVE_INFINITY }: ReadInput,
  { maxReadBytes }: FileSettings,
): Promise<JsonObject> {
  const file = await openInside(root.folder, path);
  try {
    const { size, mtime } = await file.stat();
    const buffer = Buffer.alloc(Math.max(0, Math.min(maxBytes, maxReadBytes, size - offset)));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    const isEnd = offset + bytesRead >= size;
    const part = textPart(buffer.subarray(0, bytesRead), isEnd);
    if (!part) throw noText(path, size);
    return {
      root: root.name,
      path,
      text: part.text,
      bytes: size,
      modified: mtime.toISOString(),
      truncated: !isEnd,
      ...(isEnd ? {} : { next_offset: offset + part.bytes }),
    };
  } finally {
    await file.close();
  }
}

function noText(path: string, bytes: number): CapstanError {
  return new CapstanError('CAPSTAN_INVALID_ARGUMENTS', `${JSON.stringify(path)} is no text in UTF-8 (${bytes} bytes)`, {
    hint: 'It is an image, an archive or the like, or offset is inside of a character; this tool reads text only.',
    details: { bytes },
  });
}
