/** One LINE message object, such as `{ type: 'text', text: 'hi' }`; kept as it came. */
export interface LineMessage {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A message that was sent. */
export interface SentMessage {
  readonly id: string;
  readonly channel_id: string;
  readonly to: string;
  readonly message: LineMessage;
  readonly sent_at: string;
}

/** A post as the blog keeps it. */
export interface Post {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly content: string;
  readonly status: 'publish' | 'draft';
  readonly tags: readonly string[];
  readonly created_at: string;
}

/** A service that runs for weeks under a benchmark must not grow without end: the oldest go first. */
const CAPACITY = 10_000;

/** What was sent and published, in memory: a restart forgets it. */
export class Store {
  readonly #messages: SentMessage[] = [];
  readonly #posts: Post[] = [];
  #lastMessage = 0;
  #lastPost = 0;

  /** Oldest first. */
  get messages(): readonly SentMessage[] {
    return this.#messages;
  }

  /** Oldest first. */
  get posts(): readonly Post[] {
    return this.#posts;
  }

  addMessage(message: Omit<SentMessage, 'id'>): SentMessage {
    this.#lastMessage += 1;
    return keep(this.#messages, { id: `msg_${this.#lastMessage}`, ...message });
  }

  addPost(post: Omit<Post, 'id' | 'slug'>): Post {
    this.#lastPost += 1;
    const id = `post_${this.#lastPost}`;
    return keep(this.#posts, { id, slug: slugOf(post.title, id), ...post });
  }
}

function keep<Item>(list: Item[], item: Item): Item {
  list.push(item);
  if (list.length > CAPACITY) list.shift();
  return item;
}

/** The id stands in the slug, so that two posts of one title have two addresses. */
function slugOf(title: string, id: string): string {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  return [...(words ?? []), id.replace('_', '-')].join('-');
}
