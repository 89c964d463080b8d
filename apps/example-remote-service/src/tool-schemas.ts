/** A JSON Schema of an object (2020-12). */
export interface ObjectSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly additionalProperties: boolean;
}

const channelId = { type: 'string', minLength: 1, maxLength: 100, description: 'The LINE channel that speaks.' };
const limit = { type: 'integer', minimum: 1, maximum: 100, description: 'How many to return; 20 by default.' };
const cursor = { type: 'string', minLength: 1, maxLength: 100, description: 'next_cursor of the page before.' };

/** LINE's own limits: five messages at once, 5,000 characters each. */
export const sendMessageSchema: ObjectSchema = {
  type: 'object',
  properties: {
    channel_id: channelId,
    to: { type: 'string', minLength: 1, maxLength: 100, description: 'The id of a LINE user, group or room.' },
    messages: {
      type: 'array',
      minItems: 1,
      maxItems: 5,
      description: 'LINE message objects, sent in this order.',
      items: {
        type: 'object',
        properties: {
          type: { type: 'string', enum: ['text', 'image', 'sticker', 'location'] },
          text: { type: 'string', minLength: 1, maxLength: 5000 },
        },
        required: ['type'],
        if: { properties: { type: { const: 'text' } }, required: ['type'] },
        // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword, not a promise
        then: { required: ['text'] },
      },
    },
  },
  required: ['channel_id', 'to', 'messages'],
  additionalProperties: false,
};

export const listMessagesSchema: ObjectSchema = {
  type: 'object',
  properties: {
    channel_id: channelId,
    to: { type: 'string', minLength: 1, maxLength: 100, description: 'Only messages to this recipient.' },
    limit,
    cursor,
  },
  required: ['channel_id'],
  additionalProperties: false,
};

export const broadcastSchema: ObjectSchema = {
  type: 'object',
  properties: {
    channel_id: channelId,
    to: {
      type: 'array',
      minItems: 1,
      maxItems: 500,
      items: { type: 'string', minLength: 1, maxLength: 100 },
      description: 'The ids of LINE users, groups or rooms.',
    },
    text: { type: 'string', minLength: 1, maxLength: 5000 },
  },
  required: ['channel_id', 'to', 'text'],
  additionalProperties: false,
};

export const publishPostSchema: ObjectSchema = {
  type: 'object',
  properties: {
    title: { type: 'string', minLength: 1, maxLength: 200 },
    content: { type: 'string', minLength: 1, maxLength: 100_000, description: 'HTML or plain text.' },
    status: { type: 'string', enum: ['publish', 'draft'], description: 'publish by default.' },
    tags: { type: 'array', maxItems: 20, items: { type: 'string', minLength: 1, maxLength: 50 } },
  },
  required: ['title', 'content'],
  additionalProperties: false,
};

export const listPostsSchema: ObjectSchema = {
  type: 'object',
  properties: {
    status: { type: 'string', enum: ['publish', 'draft'], description: 'Only posts of this status.' },
    limit,
    cursor,
  },
  additionalProperties: false,
};
