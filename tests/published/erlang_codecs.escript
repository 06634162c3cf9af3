#!/usr/bin/env escript
%% Erlang's packet modes as a codec: streams a line, as docs/codec-contract.md has `--chunks`.
%%
%% usage: escript erlang_codecs.escript TYPE LIMIT --chunks

main([Type, Limit, "--chunks"]) ->
    io:setopts(standard_io, [binary, {encoding, latin1}]),
    Packet = case Type of
        "line" -> line;
        Width -> list_to_integer(Width)
    end,
    lines(Packet, list_to_integer(Limit));
main(_) ->
    io:put_chars(standard_error, "only --chunks\n"),
    halt(2).

lines(Packet, Limit) ->
    case io:get_line("") of
        eof -> ok;
        Line ->
            Words = binary:split(string:trim(Line), <<" ">>, [global, trim_all]),
            io:put_chars([answer(Words, 1, <<>>, Packet, Limit), "\n"]),
            lines(Packet, Limit)
    end.

answer([], _, _, _, _) -> "more";
answer([<<"$">> | _], _, <<>>, _, _) -> "end";
%% What is left at the end is in the hands of who calls, and so it is known to be no whole packet.
answer([<<"$">> | _], _, _, _, _) -> "error the stream ends inside a packet";
answer([Word | Words], Number, Held, Packet, Limit) ->
    Octets = case Word of
        <<"-">> -> <<>>;
        _ -> binary:decode_hex(Word)
    end,
    case packets(<<Held/binary, Octets/binary>>, Packet, Limit, []) of
        {error, Reason, Payloads} ->
            [shown(Payloads, Number), "error ", io_lib:format("~p", [Reason])];
        {Rest, Payloads} ->
            [shown(Payloads, Number), answer(Words, Number + 1, Rest, Packet, Limit)]
    end.

shown(Payloads, Number) ->
    [[integer_to_list(Number), ":", binary:encode_hex(P), " "] || P <- Payloads].

packets(Octets, Packet, Limit, Payloads) ->
    Options = case Packet of
        line -> [];
        _ -> [{packet_size, Limit}]
    end,
    case erlang:decode_packet(Packet, Octets, Options) of
        {more, _} -> {Octets, lists:reverse(Payloads)};
        {error, Reason} -> {error, Reason, lists:reverse(Payloads)};
        {ok, Payload, Rest} -> packets(Rest, Packet, Limit, [ended(Packet, Payload) | Payloads])
    end.

%% A line comes with what ends it.
ended(line, Line) -> binary:part(Line, 0, byte_size(Line) - 1);
ended(_, Payload) -> Payload.
