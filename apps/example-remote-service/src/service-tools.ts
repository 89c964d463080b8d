import { fail } from './envelope.ts';
import { type PageRequest, pageNewestFirst } from './page.ts';
import type { LineMessage, Post } from './store.ts';
import {
  broadcastSchema,
  listMessagesSchema,
  listPostsSchema,
  publishPostSchema,
  sendMessageSchema,
} from './tool-schemas.ts';
import { type LongTool, longTool, type QuickTool, quickTool, type ServiceTool, type Steps } from './tools.ts';

interface SendMessage {
  readonly channel_id: string;
  readonly to: string;
  readonly messages: readonly LineMessage[];
}

const sendMessage: QuickTool = quickTool<SendMessage>({
  name: 'line.send_message',
  description: 'Sends one to five messages to a LINE user, group or room.',
  inputSchema: sendMessageSchema,
  example: { channel_id: 'C-demo', to: 'U-demo', messages: [{ type: 'text', text: 'Hello' }] },
  hasEffect: true,
  run: (store, { channel_id, to, messages }, now) => {
    const sent_at = now.toISOString();
    const sent = messages.map((message) => store.addMessage({ channel_id, to, message, sent_at }));
    return { message_ids: sent.map(({ id }) => id), channel_id, to, sent_at };
  },
});

const listMessages: QuickTool = quickTool<PageRequest & { readonly channel_id: string; readonly to?: string }>({
  name: 'line.list_messages',
  description: 'Lists the messages that a channel has sent, newest first.',
  inputSchema: listMessagesSchema,
  example: { channel_id: 'C-demo' },
  hasEffect: false,
  run: (store, { channel_id, to, ...page }) => {
    const sent = store.messages.filter(
      (message) => message.channel_id === channel_id && (to === undefined || message.to === to),
    );
    return pageNewestFirst(sent, page);
  },
});

interface Broadcast {
  readonly channel_id: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** The recipient that takes no messages, so that a failure half-way can be had. */
const BLOCKED = 'U-blocked';

const broadcast: LongTool = longTool<Broadcast>({
  name: 'line.broadcast',
  description: 'Sends one text to many recipients, one after the other. Takes its time.',
  inputSchema: broadcastSchema,
  example: { channel_id: 'C-demo', to: ['U-1', 'U-2', 'U-3'], text: 'Hello' },
  hasEffect: true,
  *run(store, { channel_id, to: recipients, text }, now): Steps {
    const message_ids: string[] = [];
    for (const [index, to] of recipients.entries()) {
      if (to === BLOCKED) return fail(blocked(to, message_ids));
      const sent_at = now().toISOString();
      message_ids.push(store.addMessage({ channel_id, to, message: { type: 'text', text }, sent_at }).id);
      yield { progress: index + 1, total: recipients.length, message: `sent to ${to}` };
    }
    return { ok: true, result: { message_ids, channel_id, sent: message_ids.length } };
  },
});

function blocked(to: string, message_ids: readonly string[]): Parameters<typeof fail>[0] {
  const message = `'${to}' takes no messages`;
  return { status: 422, code: 'RECIPIENT_BLOCKED', message, details: { message_ids }, retriable: false };
}

const publishPost: QuickTool = quickTool<Pick<Post, 'title' | 'content'> & Partial<Pick<Post, 'status' | 'tags'>>>({
  name: 'wp.publish_post',
  description: 'Publishes a post, or keeps it as a draft.',
  inputSchema: publishPostSchema,
  example: { title: 'A draft', content: 'Hello', status: 'draft' },
  hasEffect: true,
  run: (store, { title, content, status = 'publish', tags = [] }, now) => {
    const created_at = now.toISOString();
    const { id, slug } = store.addPost({ title, content, status, tags, created_at });
    return { id, slug, title, status, created_at };
  },
});

const listPosts: QuickTool = quickTool<PageRequest & Partial<Pick<Post, 'status'>>>({
  name: 'wp.list_posts',
  description: 'Lists posts without their content, newest first.',
  inputSchema: listPostsSchema,
  example: {},
  hasEffect: false,
  run: (store, { status, ...page }) => {
    const posts = store.posts.filter((post) => status === undefined || post.status === status);
    const found = pageNewestFirst(posts, page);
    return { ...found, items: found.items.map(({ content: _content, ...summary }) => summary) };
  },
});

/** The tools that the service offers. */
export const SERVICE_TOOLS: readonly ServiceTool[] = [sendMessage, listMessages, broadcast, publishPost, listPosts];
