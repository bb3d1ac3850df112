# md2man.awk -- the little of Markdown that docs/*.md use into roff: headings, paragraphs, tables, lists, code.
# awk -v name=mlwatch.yml -v section=5 -v what="configuration of mlwatch" -f md2man.awk docs/configuration.md
function text(s)
{
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	while (match(s, /`[^`]*`/))
		s = substr(s, 1, RSTART - 1) "\\fB" substr(s, RSTART + 1, RLENGTH - 2) "\\fR" substr(s, RSTART + RLENGTH)
	while (match(s, /\*\*[^*]*\*\*/))
		s = substr(s, 1, RSTART - 1) "\\fI" substr(s, RSTART + 2, RLENGTH - 4) "\\fR" substr(s, RSTART + RLENGTH)
	while (match(s, /\[[^]]*\]\([^)]*\)/)) {
		link = substr(s, RSTART + 1, RLENGTH - 1)
		sub(/\]\(.*/, "", link)
		s = substr(s, 1, RSTART - 1) link substr(s, RSTART + RLENGTH)
	}
	if (s ~ /^[.']/)
		s = "\\&" s
	return s
}
BEGIN {
	title = toupper(name)
	print ".TH \"" title "\" " section " \"\" \"mlwatch\""
	print ".SH NAME"
	print text(name) " \\- " text(what)
	print ".SH DESCRIPTION"
}
/^```/ { code = !code; print code ? ".nf" : ".fi"; next }
code { gsub(/\\/, "\\e"); gsub(/-/, "\\-"); if ($0 ~ /^[.']/) $0 = "\\&" $0; print; next }
/^# / { next }
/^## / { print ".SH " toupper(text(substr($0, 4))); next }
/^### / { print ".SS " text(substr($0, 5)); next }
/^\|[-| ]*$/ { next }
/^\| key / { next }
/^\|/ {
	gsub(/\\\|/, "\001")
	n = split($0, cell, "|")
	print ".TP"
	print text(cell[2])
	line = ""
	for (i = 3; i < n; i++) {
		gsub(/^ +| +$/, "", cell[i])
		if (cell[i] == "")
			continue
		if (i == 3 && n > 4)
			line = cell[i] ~ /required/ ? cell[i] "." : "Default " cell[i] "."
		else
			line = line (line == "" ? "" : " ") cell[i]
	}
	gsub("\001", "|", line)
	print text(line)
	next
}
/^\* / { print ".IP \\(bu 2"; print text(substr($0, 3)); next }
/^ / { sub(/^ +/, ""); print text($0); next }
/^$/ { print ".PP"; next }
{ print text($0) }
