"""What the end-to-end tests share: the laboratory, raw sockets, OpenAI's schemas, the corpus."""
