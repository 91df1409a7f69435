"""What of each table belongs to a person's export, as JSON. Runs nothing."""

ACCOUNT = """
select to_jsonb(own) from (
    select id, email, display_name, role, language, created_at,
           array(select c.name from company_member m join company c on c.id = m.company_id
                 where m.account_id = a.id order by 1) as companies
    from account a where id = $1 and erased_at is null
) own
"""

INVITATIONS = """
select to_jsonb(own) from (
    select v.id, v.email, c.name as company, j.title as job, v.created_at, v.expires_at, v.accepted_at,
           v.revoked_at
    from invitation v join job j on j.id = v.job_id join company c on c.id = j.company_id
    where v.candidate_id = $1 order by v.created_at, v.id
) own
"""

RESUMES = "select id from resume where candidate_id = $1 order by created_at, id"
RESUME = """
select to_jsonb(own) from (
    select id, file_name, size_bytes, language, status, understood, digest,
           nullif(model_digest, '') as model_digest, revision, created_at,
           array(select to_jsonb(c) from (select section, text from resume_chunk
                                          where resume_id = r.id order by position) c) as passages
    from resume r where id = $1
) own
"""
# Resolves to nothing past the end of the file.
FILE_PART = """
select substring(b.content from $2::int for $3::int) from resume r join blob b on b.id = r.blob_id
where r.id = $1
"""

INTERVIEWS = "select id from interview where candidate_id = $1 order by created_at, id"
# What a model was sent is left out: it is made of these rows, and of the company's own instructions.
INTERVIEW = """
select to_jsonb(own) from (
    select i.id, i.scenario, i.scenario_version, i.language, i.status, i.practice, i.accommodations,
           i.resume_id, i.created_at, i.started_at, i.ended_at, i.erased_at,
           i.decision, i.decision_reason, i.review_requested, i.review_reason,
           c.name as company, j.title as job,
           array(select to_jsonb(k) - 'interview_id' from consent k
                 where k.interview_id = i.id order by k.purpose) as consents,
           array(select to_jsonb(t) from (
               select t.number, t.stage_id, t.status, t.opened_at, t.asked_at, t.closed_at, t.ended_by,
                      q.text as question, q.source as question_source, q.passages,
                      a.text as answer, nullif(a.corrected_text, '') as corrected_answer, d.text as draft,
                      array(select to_jsonb(s) - 'turn_id' from answer_segment s
                            where s.turn_id = t.id order by s.segment_seq) as segments,
                      array(select to_jsonb(b) - 'turn_id' from observation b
                            where b.turn_id = t.id order by b.batch_seq) as observations,
                      array(select to_jsonb(e) - 'turn_id' from evaluation e
                            where e.turn_id = t.id order by e.version) as evaluations
               from turn t left join question q on q.turn_id = t.id left join answer a on a.turn_id = t.id
                    left join answer_draft d on d.turn_id = t.id
               where t.interview_id = i.id order by t.number) t) as turns,
           array(select to_jsonb(k) - 'interview_id' from compaction k
                 where k.interview_id = i.id order by k.from_turn) as summaries,
           array(select jsonb_build_object(
                     'version', r.version, 'created_at', r.created_at,
                     'report', coalesce(r.body #> '{observed,report}', r.body -> 'report'))
                 from report r where r.interview_id = i.id order by r.version) as reports,
           array(select jsonb_build_object('seq', e.seq, 'type', e.type, 'occurred_at', e.occurred_at)
                 from event e where e.interview_id = i.id order by e.seq) as events
    from interview i left join company c on c.id = i.company_id left join job j on j.id = i.job_id
    where i.id = $1
) own
"""
