import type { PageRequest } from './page.ts';
import { pageNewestFirst } from './page.ts';
import type { LineMessage, Post, Store } from './store.ts';
import {
  listMessagesSchema,
  listPostsSchema,
  type ObjectSchema,
  publishPostSchema,
  sendMessageSchema,
} from './tool-schemas.ts';

/** One tool of the service. `run` sees only params that fit `inputSchema`. */
export interface ServiceTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: ObjectSchema;
  /** Whether a call changes anything; what does is counted as an effect. */
  readonly hasEffect: boolean;
  readonly run: (store: Store, params: unknown, now: Date) => unknown;
}

/** Ties a tool's parameter type to its schema at one place, instead of a cast in every body. */
function tool<Params>(
  parts: Omit<ServiceTool, 'run'> & { readonly run: (store: Store, params: Params, now: Date) => unknown },
): ServiceTool {
  return { ...parts, run: (store, params, now) => parts.run(store, params as Params, now) };
}

interface SendMessage {
  readonly channel_id: string;
  readonly to: string;
  readonly messages: readonly LineMessage[];
}

const sendMessage = tool<SendMessage>({
  name: 'line.send_message',
  description: 'Sends one to five messages to a LINE user, group or room.',
  inputSchema: sendMessageSchema,
  hasEffect: true,
  run: (store, { channel_id, to, messages }, now) => {
    const sent_at = now.toISOString();
    const sent = messages.map((message) => store.addMessage({ channel_id, to, message, sent_at }));
    return { message_ids: sent.map(({ id }) => id), channel_id, to, sent_at };
  },
});

const listMessages = tool<PageRequest & { readonly channel_id: string; readonly to?: string }>({
  name: 'line.list_messages',
  description: 'Lists the messages that a channel has sent, newest first.',
  inputSchema: listMessagesSchema,
  hasEffect: false,
  run: (store, { channel_id, to, ...page }) => {
    const sent = store.messages.filter(
      (message) => message.channel_id === channel_id && (to === undefined || message.to === to),
    );
    return pageNewestFirst(sent, page);
  },
});

const publishPost = tool<Pick<Post, 'title' | 'content'> & Partial<Pick<Post, 'status' | 'tags'>>>({
  name: 'wp.publish_post',
  description: 'Publishes a post, or keeps it as a draft.',
  inputSchema: publishPostSchema,
  hasEffect: true,
  run: (store, { title, content, status = 'publish', tags = [] }, now) => {
    const created_at = now.toISOString();
    const { id, slug } = store.addPost({ title, content, status, tags, created_at });
    return { id, slug, title, status, created_at };
  },
});

const listPosts = tool<PageRequest & Partial<Pick<Post, 'status'>>>({
  name: 'wp.list_posts',
  description: 'Lists posts without their content, newest first.',
  inputSchema: listPostsSchema,
  hasEffect: false,
  run: (store, { status, ...page }) => {
    const posts = store.posts.filter((post) => status === undefined || post.status === status);
    const found = pageNewestFirst(posts, page);
    return { ...found, items: found.items.map(({ content: _content, ...summary }) => summary) };
  },
});

/** The tools that the service offers. */
export const SERVICE_TOOLS: readonly ServiceTool[] = [sendMessage, listMessages, publishPost, listPosts];
