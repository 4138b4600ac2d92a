# bash completion for tcpvsadm. The tool itself says what may come next:
# commands, the options that are left, and names from the daemon's table.

_tcpvsadm() {
    local line=${COMP_LINE:0:COMP_POINT} cur='' candidate before
    local -a words

    # Blanks alone divide the words; readline would also cut at "=" and ":".
    read -ra words <<<"$line"
    if [[ $line != *[[:space:]] ]]; then
        cur=${words[-1]}
        unset 'words[-1]'
    fi
    if [[ $cur == --*=* ]]; then
        words+=("${cur%%=*}")
        cur=${cur#*=}
    fi

    COMPREPLY=()
    if [[ ${words[-1]} == -f || ${words[-1]} == --load-configfile || ${words[-1]} == --batch ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
    fi
    while IFS=$'\t' read -r candidate _; do
        [[ $candidate == "$cur"* ]] && COMPREPLY+=("$candidate")
    done < <("${words[0]/#\~/$HOME}" "${words[@]:1}" --generate-bash-completion 2>/dev/null)

    # Readline replaces only what follows the last colon.
    if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
        before=${cur%"${cur##*:}"}
        COMPREPLY=("${COMPREPLY[@]#"$before"}")
    fi
}

complete -F _tcpvsadm tcpvsadm
