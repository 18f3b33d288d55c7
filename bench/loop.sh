# The loop that people write: $1 is the source, $2 the target. The whole tree
# is sent after every event; sending only what the event names would lose the
# entries of new folders and every deletion.
inotifywait -mrq -e close_write,create,delete,move,attrib --format '%w%f' "$1" |
while read -r changed; do
	rsync -a --delete "$1/" "$2"
done
