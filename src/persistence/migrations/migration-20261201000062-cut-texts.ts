import { Migration } from '@mikro-orm/migrations';

/** Lists and logs that are sent along show the beginning of long texts: what is cut never leaves the database. */
export class Migration20261201000062 extends Migration {
  override up(): void {
    this.addSql(cutTexts);
  }
}

/**
 * An object with each of its values cut to so many characters of JSON: a text keeps its beginning, an object or array leaves one
 * line that says what stood there. p_whole says where the whole is. What fits is left as it is.
 */
const cutTexts = `
create function cut_texts(p_data jsonb, p_most integer, p_whole text) returns jsonb
language sql immutable parallel safe as $$
  select case
    when p_data is null or jsonb_typeof(p_data) <> 'object' or length(p_data::text) <= p_most then p_data
    else (
      select coalesce(jsonb_object_agg(key, case
          when length(value::text) <= p_most then value
          when jsonb_typeof(value) = 'string' then
            to_jsonb(left(value #>> '{}', p_most) || ' … (cut: ' || length(value #>> '{}') || ' characters in all, ' || p_whole || ')')
          when jsonb_typeof(value) = 'array' then
            jsonb_build_array('(cut: ' || jsonb_array_length(value) || ' entries, ' || p_whole || ')')
          else jsonb_build_object('cut', length(value::text) || ' characters, ' || p_whole)
        end), '{}'::jsonb)
        from jsonb_each(p_data))
  end
$$;
`;
