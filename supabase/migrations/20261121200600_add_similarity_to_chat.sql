-- Similarity of texts for the chat. Queries find functions of schema chat alone, since the other functions of
-- schema extensions are not for them: these three and the operator pass pg_trgm's on.
create extension if not exists pg_trgm with schema extensions;

create function chat.similarity(a text, b text) returns real
language sql immutable strict parallel safe set search_path = ''
return extensions.similarity(a, b);
comment on function chat.similarity(text, text) is 'Returns how alike two texts are, from 0 to 1 (pg_trgm).';

create function chat.word_similarity(a text, b text) returns real
language sql immutable strict parallel safe set search_path = ''
return extensions.word_similarity(a, b);
comment on function chat.word_similarity(text, text) is
  'Returns how alike the first text and the most similar words of the second are, from 0 to 1 (pg_trgm).';

create function chat.strict_word_similarity(a text, b text) returns real
language sql immutable strict parallel safe set search_path = ''
return extensions.strict_word_similarity(a, b);
comment on function chat.strict_word_similarity(text, text) is
  'Returns what word_similarity does, for whole words of the second text (pg_trgm).';

revoke execute on function chat.similarity, chat.word_similarity, chat.strict_word_similarity from public;
grant execute on function chat.similarity, chat.word_similarity, chat.strict_word_similarity to chat_reader;

create operator chat.% (leftarg = text, rightarg = text, function = extensions.similarity_op);
comment on operator chat.%(text, text) is 'Returns whether the similarity of two texts is over 0.3 (pg_trgm).';
