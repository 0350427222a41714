# fish completion of agent-tui; made by `python -m distribution` from its table of commands.

function __agent_tui_words --description 'the words after the options that stand before the command'
    set -l skip
    set -l command
    for one in (commandline -opc)[2..]
        if set -q skip[1]
            set -e skip
        else if test $one = --workspace
            set skip 1
        else if set -q command[1]; or not string match -q -- '-*' $one
            set command 1
            echo -- $one
        end
    end
end

function __agent_tui_bare
    test (count (__agent_tui_words)) = 0
end

function __agent_tui_in
    set -l words (__agent_tui_words)
    set -q words[1]; and contains -- $words[1] $argv
end

function __agent_tui_at --description 'COMMAND NUMBER [FIRST]: that many arguments are there'
    set -l words (string match -v -- '--*' (__agent_tui_words))
    set -q words[1]; and test $words[1] = $argv[1]; and test (math (count $words) - 1) = $argv[2]; or return 1
    set -q argv[3]; or return 0
    contains -- $words[2] $argv[3..]
end

function __agent_tui_ask --description 'what the workspace has, from the program itself'
    set -l words (commandline -opc)
    set -l chosen
    if set -l at (contains -i -- --workspace $words); and set -q words[(math $at + 1)]
        set chosen --workspace (string replace -r '^~/' $HOME/ -- $words[(math $at + 1)])
    end
    $words[1] $chosen --offline $argv 2>/dev/null | string replace -r '^(\S+)\s+' '$1\t' | string replace -ra ' +' ' '
end

complete -c agent-tui -f
complete -c agent-tui -l workspace -d 'the workspace; else AGENT_TUI_WORKSPACE, else the user\'s data directory' -x -a '(__fish_complete_directories)'
complete -c agent-tui -l offline -d 'never contact a server'
complete -c agent-tui -l json -d 'JSON Lines instead of text'
complete -c agent-tui -l help -d 'the command\'s own help'
complete -c agent-tui -n __agent_tui_bare -l version -d 'the version'

complete -c agent-tui -n __agent_tui_bare -a demo -d 'a workspace with sample cases, ready to try; no account needed'
complete -c agent-tui -n '__agent_tui_in demo' -l dir -d 'where to make it (default: beside the usual workspace)' -x -a '(__fish_complete_directories)'
complete -c agent-tui -n '__agent_tui_in demo' -l no-open -d 'make it and say where it is'

complete -c agent-tui -n __agent_tui_bare -a drill -d 'learn triage on a fresh copy of the demo\'s week, timed'

complete -c agent-tui -n __agent_tui_bare -a init -d 'set a workspace up by asking: finds servers, tests them, stores secrets'
complete -c agent-tui -n '__agent_tui_in init' -l no-sync -d 'fetch nothing at the end'
complete -c agent-tui -n '__agent_tui_in init' -l lines -d 'ask and answer in JSON Lines, for another program that shows them'

complete -c agent-tui -n __agent_tui_bare -a source -d 'what is configured; log in and say what each server can do'
complete -c agent-tui -n '__agent_tui_at source 0' -a 'list check' -d 'list|check'
complete -c agent-tui -n '__agent_tui_in source; and not __agent_tui_at source 0' -a '(__agent_tui_ask source list)' -d 'NAME'

complete -c agent-tui -n __agent_tui_bare -a secret -d 'store a password or token in the system\'s keyring, or remove it'
complete -c agent-tui -n '__agent_tui_in secret' -l smtp -d 'the second secret, where SMTP has a user name of its own'
complete -c agent-tui -n '__agent_tui_at secret 0' -a 'set forget' -d 'set|forget'
complete -c agent-tui -n '__agent_tui_at secret 1' -a '(__agent_tui_ask source list)' -d 'SOURCE'

complete -c agent-tui -n __agent_tui_bare -a sync -d 'fetch what is new and deliver what is queued'
complete -c agent-tui -n '__agent_tui_in sync' -l watch -d 'stay, and go on fetching and delivering'
complete -c agent-tui -n '__agent_tui_in sync' -a '(__agent_tui_ask source list)' -d 'SOURCE'

complete -c agent-tui -n __agent_tui_bare -a list -d 'cases in inbox order'
complete -c agent-tui -n '__agent_tui_in list' -l view -d 'inbox (default), mine, unassigned, waiting, …, or a saved one' -x -a 'inbox mine unassigned waiting snoozed closed spam all'
complete -c agent-tui -n '__agent_tui_in list' -l limit -d 'at most this many' -x
complete -c agent-tui -n '__agent_tui_in list' -a 'from: to: subject: tag: source: assignee: before: after: older: newer: clause: state:new state:open state:waiting state:snoozed state:closed state:spam channel:email channel:chat channel:community channel:social channel:phone is:unread is:overdue is:unanswered is:unverified is:staff is:solved is:public is:mine has:attachment' -d 'QUERY'

complete -c agent-tui -n __agent_tui_bare -a show -d 'one case with its messages'
complete -c agent-tui -n '__agent_tui_at show 0' -k -a '(__agent_tui_ask list --limit 500)' -d 'CASE'

complete -c agent-tui -n __agent_tui_bare -a search -d 'messages, best first'
complete -c agent-tui -n '__agent_tui_in search' -l limit -d 'at most this many (default 50)' -x
complete -c agent-tui -n '__agent_tui_in search' -a 'from: to: subject: tag: source: assignee: before: after: older: newer: clause: state:new state:open state:waiting state:snoozed state:closed state:spam channel:email channel:chat channel:community channel:social channel:phone is:unread is:overdue is:unanswered is:unverified is:staff is:solved is:public is:mine has:attachment' -d 'QUERY'

complete -c agent-tui -n __agent_tui_bare -a reply -d 'queue a reply or a note'
complete -c agent-tui -n '__agent_tui_in reply' -l text-file -d 'file with the text; - for standard input' -r -F
complete -c agent-tui -n '__agent_tui_in reply' -l canned -d 'a canned reply' -x -a '(__agent_tui_ask canned list)'
complete -c agent-tui -n '__agent_tui_in reply' -l set -d 'fills the gap K of the canned reply' -x
complete -c agent-tui -n '__agent_tui_in reply' -l note -d 'a note that only colleagues see'
complete -c agent-tui -n '__agent_tui_in reply' -l close -d 'close the case once it is sent'
complete -c agent-tui -n '__agent_tui_in reply' -l now -d 'no undo window'
complete -c agent-tui -n '__agent_tui_in reply' -l override -d 'go past this guard' -x -a 'empty gap template recipients leak personal-data wrong-name repeat attachment changed language hours'
complete -c agent-tui -n '__agent_tui_in reply' -l attach -d 'a file to send along' -r -F
complete -c agent-tui -n '__agent_tui_in reply' -l public -d 'where the case has both'
complete -c agent-tui -n '__agent_tui_in reply' -l private -d 'where the case has both'
complete -c agent-tui -n '__agent_tui_at reply 0' -k -a '(__agent_tui_ask list --limit 500)' -d 'CASE'

complete -c agent-tui -n __agent_tui_bare -a do -d 'close, reopen, snooze, assign, take, tag, priority, spam, read, … undo'
complete -c agent-tui -n '__agent_tui_in do' -k -a '(__agent_tui_ask list --limit 500)' -d 'case'
complete -c agent-tui -n '__agent_tui_in do; and not __agent_tui_at do 0' -a 'close reopen snooze assign take tag priority spam read unread star unstar merge split customer accept decline ignore solve unsolve edit remove macro undo' -d 'verb'

complete -c agent-tui -n __agent_tui_bare -a outbox -d 'what is queued, held, being sent, sent, failed or unknown'
complete -c agent-tui -n '__agent_tui_in outbox' -l passes -d 'list the guards that were gone past instead'

complete -c agent-tui -n __agent_tui_bare -a canned -d 'canned replies'
complete -c agent-tui -n '__agent_tui_in canned' -l set -d 'answers the question K, for render' -x
complete -c agent-tui -n '__agent_tui_in canned' -l from -d 'chatwoot, zammad, freescout, helpscout, zendesk or plain; else told from the file' -x -a 'chatwoot zammad freescout helpscout zendesk plain'
complete -c agent-tui -n '__agent_tui_in canned' -l dry-run -d 'say what import would write, and write nothing'
complete -c agent-tui -n '__agent_tui_at canned 0' -a 'list check render offers import' -d 'list|check|render|offers|import'
complete -c agent-tui -n '__agent_tui_at canned 1 render' -a '(__agent_tui_ask canned list)' -d 'NAME'
complete -c agent-tui -n '__agent_tui_at canned 2 render' -k -a '(__agent_tui_ask list --limit 500)' -d 'CASE'
complete -c agent-tui -n '__agent_tui_at canned 1 import' -a '(__agent_tui_ask source list)' -d 'SOURCE'

complete -c agent-tui -n __agent_tui_bare -a policy -d 'the policy library'
complete -c agent-tui -n '__agent_tui_in policy' -l batch -d 'suggest: one object a line in, one answer a line out'
complete -c agent-tui -n '__agent_tui_in policy' -l full-text -d 'suggest: without the models of agent-tui[semantic]'
complete -c agent-tui -n '__agent_tui_in policy' -l on -d 'history: what the clause said on this day, such as 2026-05-03' -x
complete -c agent-tui -n '__agent_tui_in policy' -l once -d 'decisions: mark this one as not to be repeated; -NUMBER takes the mark off' -x
complete -c agent-tui -n '__agent_tui_in policy' -l into -d 'import: the folder in the library; by default the folder\'s own name' -x
complete -c agent-tui -n '__agent_tui_at policy 0' -a 'search suggest check decisions words history import' -d 'search|suggest|check|decisions|words|history|import'
complete -c agent-tui -n '__agent_tui_at policy 1 suggest' -a '(__agent_tui_ask list --limit 500)' -d 'CASE'
complete -c agent-tui -n '__agent_tui_at policy 1 import' -a '(__fish_complete_directories)' -d 'FOLDER'

complete -c agent-tui -n __agent_tui_bare -a person -d 'who the customer is on every channel, and their journey'
complete -c agent-tui -n '__agent_tui_at person 0' -k -a '(__agent_tui_ask list --limit 500)' -d 'CASE'

complete -c agent-tui -n __agent_tui_bare -a export -d 'one case, complete'
complete -c agent-tui -n '__agent_tui_in export' -l format -d '' -x -a 'json md eml'
complete -c agent-tui -n '__agent_tui_at export 0' -k -a '(__agent_tui_ask list --limit 500)' -d 'CASE'

complete -c agent-tui -n __agent_tui_bare -a import -d 'eml, mbox, Maildir or JSON Lines into a read-only archive'
complete -c agent-tui -n '__agent_tui_in import' -l source -d 'the archive to fill (default: archive)' -x
complete -c agent-tui -n '__agent_tui_in import' -F

complete -c agent-tui -n __agent_tui_bare -a backup -d 'what exists only here, and the settings, in one file'
complete -c agent-tui -n '__agent_tui_in backup' -l force -d 'replace the file if it is there'
complete -c agent-tui -n '__agent_tui_at backup 0' -F

complete -c agent-tui -n __agent_tui_bare -a restore -d 'put a backup back'
complete -c agent-tui -n '__agent_tui_at restore 0' -F

complete -c agent-tui -n __agent_tui_bare -a encryption -d 'the databases encrypted at rest, or not'
complete -c agent-tui -n '__agent_tui_at encryption 0' -a 'status on off change-key set-key' -d 'status|on|off|change-key|set-key'

complete -c agent-tui -n __agent_tui_bare -a forget -d 'remove a person\'s data here, and say what servers still have'
complete -c agent-tui -n '__agent_tui_in forget' -l dry-run -d 'only say what would go'
complete -c agent-tui -n '__agent_tui_in forget' -l yes -d 'do not ask, on a terminal'

complete -c agent-tui -n __agent_tui_bare -a serve -d 'the workstation in a browser on this computer'
complete -c agent-tui -n '__agent_tui_in serve' -l host -d 'where to listen (default: this computer alone)' -x
complete -c agent-tui -n '__agent_tui_in serve' -l port -d 'default 8023' -x
complete -c agent-tui -n '__agent_tui_in serve' -l token-file -d 'a file with the token; else one is made up and shown' -r -F
complete -c agent-tui -n '__agent_tui_in serve' -l certificate -d 'for TLS: the certificate and what leads to its authority, PEM' -r -F
complete -c agent-tui -n '__agent_tui_in serve' -l key -d 'for TLS: the certificate\'s key, PEM' -r -F
complete -c agent-tui -n '__agent_tui_in serve' -l url -d 'the address in the browser, where it is not made of HOST and N' -x

complete -c agent-tui -n __agent_tui_bare -a stats -d 'how quick start, keys and sync have been here'
complete -c agent-tui -n '__agent_tui_in stats' -l performance -d 'how long start, keys and sync have taken here'

complete -c agent-tui -n __agent_tui_bare -a doctor -d 'check workspace, databases, secrets, servers, terminal; say what to do'
complete -c agent-tui -n '__agent_tui_in doctor' -l mend -d 'check databases thoroughly, set a damaged cache aside and fetch it again, build the index anew, close files to others; never touches what exists only here'

complete -c agent-tui -n __agent_tui_bare -a where -d 'the paths in use'
